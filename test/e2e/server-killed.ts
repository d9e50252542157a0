/**
 * The server is killed at random moments while it speaks, again and again over the same log: what any viewer saw is there
 * afterwards.
 *
 * `KILL_ROUNDS` says how often (50 for a release; the usual run is shorter).
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { LOG_FILE } from '../../actors/log/sqlite-store.ts';
import { SLOW_MS } from '../../actors/log/sqlite.ts';
import { resumingViewer } from '../support/resuming-viewer.ts';
import { seededRandom } from '../support/seeded-random.ts';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6);
const VIEWERS = 5;
const LIFE_MAX_MS = 800;
const program = new URL('../support/delivery-child.ts', import.meta.url).pathname;

t.setTimeout(ROUNDS * 20_000 + 60_000);

interface Started {
  child: ChildProcess;
  port: number;
}

async function start(folder: string): Promise<Started> {
  const child = fork(program, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

/** Lets it speak for a while to several viewers, does the last thing, kills it, and returns what each saw. */
async function killed({ child, port }: Started, lifeMs: number, last: () => Promise<void> = async () => {}) {
  const speaking = once(child, 'message');
  child.send('speak');
  await speaking;
  const url = `ws://127.0.0.1:${port}/sessions/talk/live`;
  const viewers = Array.from({ length: VIEWERS }, () => resumingViewer(url, () => 600_000));
  while (viewers.some(({ offset }) => offset === 0)) await pause(5);
  await pause(lifeMs);
  await last();
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  // What was on its way to them when the server died has arrived.
  await pause(50);
  for (const viewer of viewers) viewer.leave();
  return viewers;
}

type Seen = Awaited<ReturnType<typeof killed>>;

async function check(t: Test, { port }: Started, seen: Seen): Promise<number> {
  const most = seen.toSorted((one, other) => other.offset - one.offset)[0];
  if (most === undefined) throw new Error('nobody saw anything');
  const answer = await fetch(`http://127.0.0.1:${port}/sessions/talk/transcript.json?epoch=${most.epoch}`);
  const { records, complete } = (await answer.json()) as {
    records: { offset: number; text: string }[];
    complete: boolean;
  };
  t.equal(complete, true, 'its end was written');
  const kept = records.map(({ text }) => text);
  for (const { texts, faults } of seen) {
    t.strictSame([faults, kept.slice(0, texts.length)], [[], texts], `${texts.length} of ${kept.length} were seen`);
  }
  const url = `ws://127.0.0.1:${port}/sessions/talk/live`;
  for (const { epoch, offset, texts } of seen) {
    const back = resumingViewer(url, () => 600_000, { epoch, offset });
    await back.ended;
    back.leave();
    t.strictSame([back.faults, [...texts, ...back.texts]], [[], [...kept, 'session_end']], 'resumed where it was');
  }
  return kept.length;
}

/** Nothing becomes durable from now on; shorter than the log takes to say that it is slow. */
async function holdDisk(folder: string): Promise<void> {
  const disk = new DatabaseSync(join(folder, LOG_FILE), { timeout: 500 });
  disk.exec('BEGIN IMMEDIATE');
  await pause(SLOW_MS / 3);
  disk.close();
}

void t.test('what is not durable yet no viewer has seen', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-killed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const first = await start(folder);
  const seen = await killed(first, LIFE_MAX_MS / 4, () => holdDisk(folder));
  const next = await start(folder);
  t.ok((await check(t, next, seen)) > 0);
  const gone = once(next.child, 'exit');
  next.child.kill('SIGKILL');
  await gone;
});

void t.test('no final that any viewer saw is missing after the server was killed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-killed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const random = seededRandom(9);
  let running = await start(folder);
  let finals = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const seen = await killed(running, random() * LIFE_MAX_MS);
    running = await start(folder);
    finals += await check(t, running, seen);
  }
  const gone = once(running.child, 'exit');
  running.child.kill('SIGKILL');
  await gone;
  t.ok(finals > ROUNDS * 20, `${finals} finals in ${ROUNDS} lives`);
});
