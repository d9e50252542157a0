/**
 * A thousand sessions in one process, started and stopped together: for how long does the event loop stand still, and what
 * does one cost? Without ffmpeg and engine, which are processes of their own; each session is real otherwise, with its
 * charts, its log and a viewer's place.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDeliveryServer } from '../support/delivery-server.ts';
import type { DeliveryServer } from '../support/delivery-server.ts';
import { heapBytes } from '../support/garbage.ts';
import { figure } from './report.ts';
import type { Report } from './report.ts';

const SESSIONS = 1_000;
const ROUNDS = 3;

/** One phase: how long it took, and the longest turn of the event loop, in which nothing else could run. */
export interface Phase {
  ms: number;
  /** CPU time of the thread, so that what else runs on the machine does not count. */
  blockedMs: number;
}

export async function measured(work: () => Promise<unknown>): Promise<Phase> {
  let isOver = false;
  let blockedMs = 0;
  let lastMs = threadMs();
  const turn = (): void => {
    const nowMs = threadMs();
    blockedMs = Math.max(blockedMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const begunMs = threadMs();
  await work();
  const ms = threadMs() - begunMs;
  await new Promise((resolve) => setImmediate(resolve));
  isOver = true;
  return { ms, blockedMs };
}

/** CPU time that this thread has used. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export async function startAll(server: DeliveryServer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => server.start(`s${index}`)));
}

export async function stopAll({ registry }: DeliveryServer): Promise<void> {
  await registry.stopAll('stopped');
}

export async function sessions(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-bench-'));
  const server = await startDeliveryServer({ DATA_DIR: folder, RETENTION_HOURS: '0' });
  const starts: Phase[] = [];
  const stops: Phase[] = [];
  let bytes = NaN;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = heapBytes();
    starts.push(await measured(() => startAll(server, SESSIONS)));
    // Later rounds reuse what the first has left to be collected.
    if (round === 0) bytes = (heapBytes() - before) / SESSIONS;
    stops.push(await measured(() => stopAll(server)));
  }
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  const row = (name: string, phases: Phase[]): string[] => [
    name,
    figure(Math.max(...phases.map(({ blockedMs }) => blockedMs)), 1),
    figure(Math.max(...phases.map(({ ms }) => ms))),
  ];
  return {
    method:
      `${figure(SESSIONS)} sessions at once, ${ROUNDS} rounds, the worst of each, in CPU time; without ffmpeg and engine. ` +
      `One holds ${figure(bytes / 1_024)} KiB of heap and buffers while it waits for its publisher. \`npm run bench sessions\`.`,
    head: [`${figure(SESSIONS)} sessions`, 'event loop blocked, longest ms', 'all of them, ms'],
    rows: [row('start', starts), row('stop', stops)],
  };
}
