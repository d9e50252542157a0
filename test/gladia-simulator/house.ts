/** All sessions of a simulated Gladia, whatever their state, and what is needed to serve them. */
import type { Connection } from './connection.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Lifetime } from './lifetime.ts';
import type { SimulatorOptions } from './options.ts';
import type { SimulatedSession } from './session.ts';

export interface Room {
  session: SimulatedSession;
  lifetime: Lifetime;
  connection: Connection | undefined;
}

export interface House {
  readonly options: SimulatorOptions;
  readonly faults: Faults;
  readonly journal: Journal;
  /** In the order in which they were asked for. */
  readonly rooms: Room[];
  /** Of HTTP, without a slash at the end. */
  readonly url: string;
}
