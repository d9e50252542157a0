/** What the fan-out benchmark is told on its command line. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { workloads } from './workloads.ts';

export interface FanOutOptions {
  rounds: number;
  /** Numbers of the workloads to run, such as `W1`. */
  only: readonly string[];
  /** Names of the servers to run; the others have no figures. */
  servers: readonly string[];
  /** How many of each workload's viewers come. */
  viewersScale: number;
  /** A folder in which `socket.io` is installed, when it is not here. */
  peers: string;
}

export const defaultOptions: FanOutOptions = {
  rounds: 3,
  only: workloads.map(({ id }) => id),
  servers: ['captiond', 'naive ws', 'Socket.IO', 'nchan'],
  viewersScale: 1,
  peers: join(tmpdir(), 'bench-peers'),
};

/** @throws Error with what is wrong, for a terminal. */
export function readOptions(words: readonly string[]): FanOutOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      servers: { type: 'string' },
      'viewers-scale': { type: 'string' },
      peers: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? defaultOptions.rounds);
  const viewersScale = Number(values['viewers-scale'] ?? defaultOptions.viewersScale);
  const only = values.only?.toUpperCase().split(',') ?? defaultOptions.only;
  const unknown = only.filter((id) => !defaultOptions.only.includes(id));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new Error('--rounds must be from 1 to 100');
  if (!(viewersScale > 0 && viewersScale <= 10)) throw new Error('--viewers-scale must be above 0, at most 10');
  if (unknown.length > 0) throw new Error(`--only must be of ${defaultOptions.only.join()}; got ${unknown.join()}`);
  const servers = values.servers?.split(',') ?? defaultOptions.servers;
  return { rounds, only, servers, viewersScale, peers: values.peers ?? defaultOptions.peers };
}
