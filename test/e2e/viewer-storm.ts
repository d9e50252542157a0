/** Two thousand viewers come within seconds, all with a history to catch up on: nobody who was there is disturbed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { TranscriptSink } from '../../actors/ports.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { resumingViewer } from '../support/resuming-viewer.ts';

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

void t.test('all newcomers get everything in order, and those who were there miss nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-storm-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder });
  const session = await server.start('talk');
  const { channel } = session;
  for (let number = 1; number <= HISTORY; number += 1) say(channel.sink, number);
  const url = `ws://${server.host}/sessions/talk/live`;
  const old = Array.from({ length: 50 }, () => resumingViewer(url, () => 100));
  while (old.some(({ offset }) => offset < HISTORY)) await pause(20);
  const newcomers: ReturnType<typeof resumingViewer>[] = [];
  let finals = HISTORY;
  while (newcomers.length < NEWCOMERS) {
    for (let each = 0; each < AT_ONCE; each += 1) {
      const isStrange = newcomers.length % STRANGE_EVERY === 0;
      newcomers.push(resumingViewer(url, () => 100, isStrange ? { epoch: 1, offset: 0 } : undefined));
    }
    say(channel.sink, (finals += 1));
    await pause(EVERY_MS);
  }
  while ([...old, ...newcomers].some(({ offset }) => offset < finals)) await pause(20);
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
