/**
 * The exhaustive stop proof: every state that a chart can reach, found by breadth-first search over real actor trees,
 * and from each of them a stop: once in a world
 * that never answers again, once in one where everything leaves as soon as it can.
 */
import type { World } from './world.ts';

/** A world to search: how to make a new one, and what stops it. */
export interface Proof {
  create: () => World;
  stop: (world: World) => void;
  /** Happenings that are not tried. */
  without?: readonly string[];
}

/** When a search may end before it has seen everything: for charts that are known to be broken. */
export interface Patience {
  /** Faults that are enough. */
  faultsMax: number;
  /** A stop that takes longer is enough too. */
  stopMaxMs: number;
}

export interface Verdict {
  /** Reached states. */
  states: number;
  /** Replays of a path. */
  replays: number;
  /** Longest stop and the path to the state that it began in. */
  worst: { elapsedMs: number; path: string[] };
  /** What went wrong, each with its path; at most ten. */
  faults: string[];
}

/** Happenings by which things leave when they are asked to. */
const leaves = / (accepted|exited|finished|emptied|done|ended|closes with 1000|over)$/;
const STATES_MAX = 20_000;
const TICKS_MAX = 100;
const untilTheEnd: Patience = { faultsMax: 10, stopMaxMs: Infinity };

/** Searches everything that can happen, then proves the stop. */
export async function explore(proof: Proof, { faultsMax, stopMaxMs } = untilTheEnd): Promise<Verdict> {
  const seen = new Set<string>();
  const verdict: Verdict = { states: 0, replays: 0, worst: { elapsedMs: 0, path: [] }, faults: [] };
  let frontier: string[][] = [[]];
  while (frontier.length > 0) {
    const next: string[][] = [];
    for (const path of frontier) {
      const world = await replay(proof, path, verdict);
      const key = world.key();
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > STATES_MAX) throw new Error(`more than ${STATES_MAX} states`);
      next.push(...openPaths(world, path, proof));
      await judgeSilence(proof, world, path, verdict);
      await judgeAnswers(proof, await replay(proof, path, verdict), path, verdict);
      const isEnough = verdict.faults.length >= faultsMax || verdict.worst.elapsedMs > stopMaxMs;
      if (isEnough) return { ...verdict, states: seen.size };
    }
    frontier = next;
  }
  return { ...verdict, states: seen.size };
}

function openPaths(world: World, path: string[], { without = [] }: Proof): string[][] {
  if (!isActive(world)) return [];
  const possible = [...world.happenings].filter(([name, { can }]) => !without.includes(name) && can());
  return possible.map(([name]) => [...path, name]);
}

async function replay({ create }: Proof, path: readonly string[], verdict: Verdict): Promise<World> {
  verdict.replays += 1;
  const world = create();
  for (const name of path) {
    world.happenings.get(name)?.happen();
    if (/ (done|fails|is refused)$/.test(name)) await settled();
  }
  return world;
}

/** Promises of actors have told their charts. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

/** A stop in a world that never answers again. */
async function judgeSilence({ stop }: Proof, world: World, path: string[], verdict: Verdict): Promise<void> {
  const begunMs = world.clock.nowMs;
  const unforced = [...world.open].filter(({ commands }) => !commands.includes('process.kill'));
  stop(world);
  let ticks = 0;
  while (isActive(world) && ticks < TICKS_MAX && world.clock.step()) ticks += 1;
  await settled();
  const elapsedMs = world.clock.nowMs - begunMs;
  if (elapsedMs > verdict.worst.elapsedMs) verdict.worst = { elapsedMs, path };
  const faults = faultsAtEnd(world);
  const unasked = unforced.filter(({ name, commands }) => name === 'child' && !commands.includes('process.end_input'));
  if (unasked.length > 0) faults.push('a process was killed without being asked to leave');
  for (const fault of faults) verdict.faults.push(`[${path.join(', ')}] ${fault}`);
}

/** A stop in a world where everything leaves as soon as it can: nothing may be begun any more. */
async function judgeAnswers(proof: Proof, world: World, path: string[], verdict: Verdict): Promise<void> {
  const before = world.opened.filter((name) => name === 'child').length;
  proof.stop(world);
  const leaving = [...world.happenings].filter(([name]) => leaves.test(name));
  for (let round = 0; round < TICKS_MAX && isActive(world); round += 1) {
    const possible = leaving.filter(([, { can }]) => can());
    for (const [, { happen }] of possible) happen();
    await settled();
    if (possible.length === 0 && !world.clock.step()) break;
  }
  const faults = faultsAtEnd(world);
  if (world.opened.filter((name) => name === 'child').length > before)
    faults.push('a process was begun after the stop');
  for (const fault of faults) verdict.faults.push(`[${path.join(', ')}] answered: ${fault}`);
}

function isActive(world: World): boolean {
  return (world.root.getSnapshot() as { status: string }).status === 'active';
}

/** What is not as it must be when a chart has ended. */
export function faultsAtEnd(world: World): string[] {
  const faults: string[] = [];
  const { status } = world.root.getSnapshot() as { status: string };
  if (status !== 'done') faults.push(`is ${status}, not done`);
  for (const error of world.errors) faults.push(`failed: ${String(error)}`);
  for (const leaf of world.open) faults.push(`${leaf.name} is open`);
  const timers = world.clock.waitingMs;
  if (timers.length > 0) faults.push(`timers are left: ${timers.join(', ')} ms`);
  for (const { name, commands, told } of world.dropped) {
    if (name === 'transcriber' && !commands.includes('transcriber.finish') && !told.includes('failed')) {
      faults.push('a transcriber was dropped without being asked for its last words');
    }
    if (name === 'child' && !commands.includes('process.kill')) faults.push('a process was dropped without SIGKILL');
    if (name === 'socket' && !commands.includes('gladia.terminate')) faults.push('a socket was dropped and not cut');
    if (name === 'call' && !commands.includes('call.abort')) faults.push('a call was dropped and not given up');
    if (name === 'hub' && !commands.includes('hub.terminate')) faults.push('viewers were dropped without being cut');
  }
  return faults;
}
