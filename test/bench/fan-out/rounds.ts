/** Rounds of the fan-out benchmark: every server in turn under the same load, so that what else happens meets them all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runLoad } from './load.ts';
import type { LoadOptions, LoadResult } from './load.ts';
import { openNetwork } from './namespace.ts';
import type { ServerKind } from './server-kind.ts';
import type { Run, Workload } from './workloads.ts';

const HEARTBEAT_MS = 30_000;
/** The load must not be what limits. */
const LOAD_CORE_MAX = 0.9;
const LATE_MAX_MS = 20;

/** A server's run in one round, or why there is none. */
export type Outcome = { run: Run; doubt?: string } | { failure: string };

/** The outcomes of a round by the server's name. */
export type Round = ReadonlyMap<string, Outcome>;

export interface Bench {
  /** The compiled load. */
  program: string;
  /** For what servers write. */
  folder: string;
  peers: string;
  /** Is `taskset` here, and a core for each side? */
  isPinned: boolean;
  viewersScale: number;
}

/** Runs one round of a workload. */
export async function runRound(bench: Bench, workload: Workload, servers: readonly ServerKind[]): Promise<Round> {
  const round = new Map<string, Outcome>();
  await using network = workload.isIsolated ? await openNetwork() : undefined;
  const enter = network?.enter ?? [];
  for (const server of servers) round.set(server.name, await runOne({ bench, workload, server, enter }));
  return round;
}

interface One {
  bench: Bench;
  workload: Workload;
  server: ServerKind;
  /** Goes before every command. */
  enter: readonly string[];
}

async function runOne(one: One): Promise<Outcome> {
  const { bench, workload } = one;
  const load = scaled(workload.load, bench.viewersScale);
  try {
    const control = workload.hasControl ? await drive(one, { ...load, silent: 0, slow: 0 }) : undefined;
    const run: Run = { ...(await drive(one, load)), ...(control && { control }) };
    const doubt = doubtOf(run);
    return doubt === undefined ? { run } : { run, doubt };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** One server, one load. */
async function drive({ bench, workload, server, enter }: One, load: LoadOptions): Promise<LoadResult & Stalls> {
  const folder = await mkdtemp(join(bench.folder, 'server-'));
  const on = (core: number): string[] => [...enter, ...(bench.isPinned ? ['taskset', '-c', String(core)] : [])];
  const sessions = Number(load['sessions'] ?? 1);
  const { heartbeatMs = HEARTBEAT_MS, watchesStalls = false } = workload;
  const running = await server.start(on(0), { sessions, heartbeatMs, folder, peers: bench.peers });
  let stall = Promise.resolve(Number.NaN);
  try {
    const spin = bench.isPinned ? 1 : 0;
    const options = { ...load, ...running.load, pids: running.pids.join(), spin };
    const result = await runLoad([...on(1), bench.program], options, (event) => {
      if (!watchesStalls) return;
      if (event === 'measuring') running.watchStalls();
      else stall = running.stallMs();
    });
    return { ...result, stallMs: await stall };
  } finally {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

type Stalls = Pick<Run, 'stallMs'>;

/** Fewer viewers, but as many as it takes that every session has some. */
function scaled(load: LoadOptions, scale: number): LoadOptions {
  const sessions = Number(load['sessions'] ?? 1);
  const share = (count: number): number => Math.max(10, Math.round(count * scale));
  if (load['hot'] === undefined) return { ...load, viewers: Math.max(share(load.viewers), sessions) };
  const hot = Number(load['hot']);
  return { ...load, hot: share(hot), viewers: share(hot) + load.viewers - hot };
}

/** Why the figures of a run may be the load's own. */
function doubtOf({ load_core, late_ms }: LoadResult): string | undefined {
  if (load_core > LOAD_CORE_MAX) return `the load took ${load_core.toFixed(2)} of its core`;
  if (late_ms > LATE_MAX_MS) return `the publisher was ${late_ms.toFixed(0)} ms late`;
  return undefined;
}

/** Is there a core for the server and one for the load, and the program that gives them? */
export function canPin(hasTaskset: boolean): boolean {
  return hasTaskset && availableParallelism() >= 2;
}
