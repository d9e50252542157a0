/** What a server of the fan-out benchmark is to those who run it. */
import type { ChildOptions } from './child.ts';

/** A server that takes viewers. */
export interface RunningServer {
  pids: readonly number[];
  /** How the load has to speak to it. */
  load: Readonly<Record<string, string | number>>;
  watchStalls(): void;
  /** NaN when it cannot say. */
  stallMs(): Promise<number>;
  stop(): Promise<void>;
}

export interface ServerKind {
  name: string;
  /** What stands in its row when it cannot be run here. */
  missing?: string;
  /** @param command Goes before the program: in which network, on which core. */
  start(command: readonly string[], options: ChildOptions): Promise<RunningServer>;
}
