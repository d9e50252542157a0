/** When all is over nothing may be left: gauges, processes, sockets, timers. */
import { setTimeout as pause } from 'node:timers/promises';
import { DRAIN_MS } from './server-program.ts';
import type { World } from './world.ts';

/** For the last sockets to be closed, and for pings of viewers that have left without a goodbye. */
const SETTLE_MS = 20_000;
const LOOK_MS = 250;
const gauges = new Set(['sessions', 'ws_session_clients', 'transcriber_unacked_ms']);

export interface Leftovers {
  gauges: string[];
  children: string[];
  /** More open files than at the start, by what they are. */
  files: string[];
  /** Sessions that Gladia still has running and nobody has lost. */
  drain: { code: number | null; tookMs: number };
}

/** What is open in a server that has served, before anything is done to it. */
export async function openAtStart({ server }: World): Promise<string[]> {
  await server.readings();
  await server.session('nobody');
  await pause(LOOK_MS);
  return server.openFiles();
}

/** Waits until all that is left has gone; ends the server in order. */
export async function settle(world: World, filesBefore: readonly string[]): Promise<Leftovers> {
  const deadlineMs = performance.now() + SETTLE_MS;
  let left = await look(world, filesBefore);
  while (performance.now() < deadlineMs && Object.values(left).some(({ length }) => length > 0)) {
    await pause(LOOK_MS);
    left = await look(world, filesBefore);
  }
  return { ...left, drain: await world.server.drain() };
}

/** Tells the oracle of everything that should not be there. */
export function judgeLeftovers({ oracle, gladia, server }: World, left: Leftovers): void {
  for (const gauge of left.gauges) oracle.breach('the end', `${gauge} is not 0`);
  for (const child of left.children) oracle.breach('the end', `the child process ${child} is left`);
  for (const file of left.files) oracle.breach('the end', `${file} is open, more than at the start`);
  const { code, tookMs } = left.drain;
  if (code !== 0 || tookMs > DRAIN_MS) {
    oracle.breach('the end', `SIGTERM: exit code ${code} after ${Math.round(tookMs)} ms`);
  }
  // Two sockets on one session are what a half-open connection is to Gladia.
  const violations = gladia.violations.filter((what) => what !== 'two sockets on one session');
  for (const what of violations) oracle.breach('the end', `Gladia was sent ${String(what)}`);
  for (const line of server.log.split('\n')) {
    if (/chart failed|left resources behind/.test(line)) oracle.breach('the log', line);
  }
}

async function look({ server }: World, filesBefore: readonly string[]) {
  const readings = (await server.readings().catch(() => [])).filter(
    ({ name, value }) => gauges.has(name) && value !== 0,
  );
  const children = await server.children();
  return {
    gauges: readings.map(({ name, labels, value }) => `${name}${labels} ${value}`),
    children: children.map(({ pid, name }) => `${name} (${pid})`),
    files: more(filesBefore, await server.openFiles()),
  };
}

/** Kinds of files of which there are more. Sockets and pipes are named by number; their kind is what counts. */
function more(before: readonly string[], after: readonly string[]): string[] {
  const kindOf = (file: string): string => file.replace(/\[\d+\]|\d+$/, '');
  const counts = (files: readonly string[]) => Map.groupBy(files, kindOf);
  const known = counts(before);
  return [...counts(after)].flatMap(([kind, files]) => {
    const extra = files.length - (known.get(kind)?.length ?? 0);
    return extra > 0 ? [`${kind} × ${extra}`] : [];
  });
}
