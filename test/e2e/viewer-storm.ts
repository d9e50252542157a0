/** Two thousand viewers come within seconds, all with a history to catch up on: nobody who was there is disturbed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { TranscriptSink } from '../../actors/ports.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { resumingViewer } from '../support/resuming-viewer.ts';
import type { ResumingViewer } from '../support/resuming-viewer.ts';

const HISTORY = 500;
const NEWCOMERS = 2_000;
const AT_ONCE = 40;
const EVERY_MS = 50;
/** Every so manieth cursor is of another run. */
const STRANGE_EVERY = 20;

t.setTimeout(180_000);

function say(sink: TranscriptSink, number: number): void {
  const heard = {
    engineSession: 'e',
    utterance: `u${number}`,
    channel: 0,
    language: 'en',
    startMs: number,
    endMs: number,
  };
  sink.final({ ...heard, text: `final ${number}` });
}

/** From being said to being heard, of each final that one of `viewers` hears from now on, in milliseconds. */
function lagsOf(viewers: readonly ResumingViewer[], saidAtMs: ReadonlyMap<number, number>): number[] {
  const lags: number[] = [];
  for (const viewer of viewers) {
    viewer.onRecord = (offset) => void lags.push(performance.now() - (saidAtMs.get(offset) ?? NaN));
  }
  return lags;
}

/** How long a viewer that comes now takes to have everything that is there now, in milliseconds. */
function catchingUp(viewer: ResumingViewer, newest: number): Promise<number> {
  const cameAtMs = performance.now();
  return new Promise((resolve) => {
    viewer.onRecord = (offset) => offset === newest && resolve(performance.now() - cameAtMs);
  });
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? NaN;

interface Storm {
  url: string;
  /** Says the next final; tells its offset. */
  next: () => number;
}

/** Newcomers, a crowd every moment; every so manieth with a cursor of another run. How long each takes to catch up. */
async function storm({ url, next }: Storm) {
  const newcomers: ResumingViewer[] = [];
  const caughtUp: Promise<number>[] = [];
  let newest = HISTORY;
  while (newcomers.length < NEWCOMERS) {
    for (let each = 0; each < AT_ONCE; each += 1) {
      const isStrange = newcomers.length % STRANGE_EVERY === 0;
      const newcomer = resumingViewer(url, () => 100, isStrange ? { epoch: 1, offset: 0 } : undefined);
      newcomers.push(newcomer);
      caughtUp.push(catchingUp(newcomer, newest));
    }
    newest = next();
    await pause(EVERY_MS);
  }
  return { newcomers, newest, slowestMs: Math.max(...(await Promise.all(caughtUp))) };
}

void t.test('all newcomers get everything in order, and those who were there miss nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-storm-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder });
  const { channel } = await server.start('talk');
  for (let number = 1; number <= HISTORY; number += 1) say(channel.sink, number);
  const url = `ws://${server.host}/sessions/talk/live`;
  const old = Array.from({ length: 50 }, () => resumingViewer(url, () => 100));
  while (old.some(({ offset }) => offset < HISTORY)) await pause(20);
  const saidAtMs = new Map<number, number>();
  const lags = lagsOf(old, saidAtMs);
  const next = (): number => {
    const offset = HISTORY + saidAtMs.size + 1;
    saidAtMs.set(offset, performance.now());
    say(channel.sink, offset);
    return offset;
  };
  const { newcomers, newest, slowestMs } = await storm({ url, next });
  while ([...old, ...newcomers].some(({ offset }) => offset < newest)) await pause(20);
  t.ok(slowestMs < 10_000, `the slowest had caught up ${Math.round(slowestMs)} ms after it came`);
  t.ok(p99(lags) < 500, `99 of 100 finals reached those who were there within ${Math.round(p99(lags))} ms`);
  t.equal(channel.hub.size, 50 + NEWCOMERS);
  t.strictSame([channel.hub.counts.slowCloses, channel.heartbeat.timeouts], [0, 0]);
  t.ok(old.every(({ connections, faults }) => connections === 1 && faults.length === 0));
  const strange = newcomers.filter((_, index) => index % STRANGE_EVERY === 0);
  t.ok(
    strange.every(({ faults }) => faults.join() === 'not resumed at 0'),
    'a cursor of another run is said to be none',
  );
  const others = newcomers.filter((_, index) => index % STRANGE_EVERY !== 0);
  t.ok(others.every(({ connections, faults }) => connections === 1 && faults.length === 0));
  for (const viewer of [...old, ...newcomers]) viewer.leave();
});
