/** The server is killed while it delivers webhooks, again and again over the same data: the receiver gets every event. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { HOOK_SECRET, startHookReceiver } from '../support/hook-receiver.ts';
import type { HookReceiver } from '../support/hook-receiver.ts';
import { eventually } from '../support/processes.ts';
import { seededRandom } from '../support/seeded-random.ts';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 4);
const program = new URL('../support/delivery-child.ts', import.meta.url).pathname;

t.setTimeout(ROUNDS * 20_000 + 60_000);

async function start(folder: string, url: string): Promise<{ child: ChildProcess; port: number }> {
  const env = { ...process.env, WEBHOOK_URL: url, WEBHOOK_SECRET: HOOK_SECRET };
  const child = fork(program, [folder], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Offsets of the events that a run should have caused, by what its transcript says. */
async function eventsOf(port: number, epoch: number): Promise<number[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/sessions/talk/transcript.json?epoch=${epoch}`);
  const { records } = (await answer.json()) as { records: { offset: number }[] };
  const finals = records.map(({ offset }) => offset);
  return [0, ...finals, Math.max(0, ...finals) + 1];
}

const offsetsOf = (all: HookReceiver['attempts'], epoch: number): number[] =>
  all.filter(({ body }) => body.session.epoch === epoch).map(({ body }) => body.offset);

void t.test('every event of every killed run comes, in order, and what comes twice has the same id', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-hooks-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using receiver = await startHookReceiver();
  const random = seededRandom(7);
  let running = await start(folder, receiver.url);
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = receiver.taken.length;
    running.child.send('speak');
    await eventually('events come', () => receiver.taken.length > before + 5);
    if (round % 2 === 1) receiver.failure = random() < 0.5 ? 500 : 'hang';
    await pause(random() * 500);
    await kill(running.child);
    receiver.failure = undefined;
    running = await start(folder, receiver.url);
    const epoch = Math.max(...receiver.attempts.map(({ body }) => body.session.epoch));
    const wanted = await eventsOf(running.port, epoch);
    await eventually('the end comes', () => offsetsOf(receiver.taken, epoch).length >= wanted.length, 30_000);
    t.strictSame(offsetsOf(receiver.taken, epoch), wanted, `run ${round}: ${wanted.length} events`);
  }
  await kill(running.child);
  t.ok(receiver.attempts.every(({ isVerified }) => isVerified));
  const reasons = receiver.taken
    .filter(({ body }) => body.type === 'session.ended')
    .map(({ body }) => body.data['reason']);
  t.strictSame([...new Set(reasons)], ['server_lost']);
});

void t.test('what is delivered is not delivered again, also after a line of the journal was cut', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-hooks-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using receiver = await startHookReceiver();
  const first = await start(folder, receiver.url);
  first.child.send('speak');
  await eventually('events come', () => receiver.taken.length > 20);
  await kill(first.child);
  const second = await start(folder, receiver.url);
  const isThrough = (): boolean => receiver.taken.some(({ body }) => body.type === 'session.ended');
  await eventually('the end comes', isThrough, 30_000);
  const journal = join(folder, 'webhooks.jsonl');
  let text = '';
  while (!text.includes('isDone')) text = await readFile(journal, 'utf8');
  await kill(second.child);
  await appendFile(journal, '{"epoch":12345678901,"is');
  const count = receiver.attempts.length;
  const third = await start(folder, receiver.url);
  third.child.send('speak');
  await eventually('another run is delivered', () => receiver.attempts.length > count);
  t.equal(receiver.attempts[count]?.body.type, 'session.started', 'the next attempt is of a new run');
  t.equal(receiver.attempts.filter(({ body }) => body.type === 'session.started').length, 2);
  await kill(third.child);
});
