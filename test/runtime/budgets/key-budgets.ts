/** What one token may publish, on a clock of the test's: sessions at a time, minutes a day. */
import t from 'tap';
import type { LimitName } from '../../../actors/limit-names.ts';
import { budgeted } from '../../../runtime/budgets/budgeted-admission.ts';
import { KeyBudgets } from '../../../runtime/budgets/key-budgets.ts';
import { aacSequenceHeader, aacSilence, publishRtmp } from '../../support/rtmp-publisher.ts';
import { listen, Witness } from '../../actors/rtmp/harness.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function rig() {
  const clock = { ms: 0 };
  const limits: LimitName[] = [];
  const onLimit = (limit: LimitName): void => void limits.push(limit);
  const budgets = new KeyBudgets({ sessionsMax: 2, minutesPerDay: 30, nowMs: () => clock.ms, onLimit });
  const begin = (token: string | undefined, slug: string) => {
    const use = budgets.begin(token, slug);
    return 'refusal' in use ? use.refusal : use;
  };
  /** Publishes for so long, a message a second; how many minutes went by until its end or its time is over. */
  const publish = (token: string, slug: string, minutes: number): number => {
    const use = begin(token, slug);
    if (typeof use === 'string') return 0;
    const sinceMs = clock.ms;
    while (clock.ms - sinceMs < minutes * MINUTE_MS) {
      clock.ms += 1_000;
      if (!use.goesOn()) break;
    }
    use.end();
    return (clock.ms - sinceMs) / MINUTE_MS;
  };
  return { clock, limits, begin, publish };
}

void t.test('a token publishes so many sessions at a time, and again when one is over', async (t) => {
  const { begin, limits } = rig();
  const first = begin('a', 'one');
  begin('a', 'two');
  t.equal(begin('a', 'three'), 'key_sessions_taken');
  t.type(begin('a', 'two'), 'object', 'a publisher that comes back to its session is no further one');
  t.type(begin('b', 'three'), 'object', 'another token has places of its own');
  if (typeof first === 'object') first.end();
  t.type(begin('a', 'three'), 'object');
  t.strictSame(limits, ['key_sessions']);
});

void t.test('ending twice gives one place back', async (t) => {
  const { begin } = rig();
  const first = begin('a', 'one');
  begin('a', 'one');
  begin('a', 'two');
  if (typeof first === 'object') {
    first.end();
    first.end();
  }
  t.equal(begin('a', 'three'), 'key_sessions_taken');
});

void t.test('a token publishes so many minutes a day, over all its sessions', async (t) => {
  const { publish, begin, limits } = rig();
  t.equal(publish('a', 'one', 10), 10);
  t.equal(publish('a', 'two', 60), 20, 'the rest of the day');
  t.equal(begin('a', 'one'), 'key_minutes_spent');
  t.equal(publish('b', 'one', 10), 10, 'another token is not concerned');
  t.strictSame(limits, ['key_minutes', 'key_minutes']);
});

void t.test('after a day the minutes are there again', async (t) => {
  const { clock, publish } = rig();
  publish('a', 'one', 30);
  clock.ms += 12 * HOUR_MS;
  t.equal(publish('a', 'one', 1), 0);
  clock.ms += 12 * HOUR_MS;
  t.equal(publish('a', 'one', 60), 30);
});

void t.test('time in which a publisher is away costs nothing', async (t) => {
  const { clock, begin } = rig();
  const use = begin('a', 'one');
  if (typeof use === 'string') throw new Error(use);
  use.goesOn();
  clock.ms += 10 * HOUR_MS;
  t.ok(use.goesOn());
});

void t.test('thousands of wrong tokens make no use of a token forgotten', async (t) => {
  const { publish, begin } = rig();
  publish('a', 'one', 30);
  for (let guess = 0; guess < 10_001; guess += 1) {
    const use = begin(`guess-${guess}`, 'one');
    if (typeof use === 'object') use.end();
  }
  t.equal(begin('a', 'one'), 'key_minutes_spent');
});

void t.test('who comes without a token has no budget', async (t) => {
  const { begin } = rig();
  for (let count = 0; count < 50; count += 1) t.type(begin(undefined, `talk-${count}`), 'object');
});

void t.test('a publisher hears why it is refused, and why it is cut', async (t) => {
  const clock = { ms: 0 };
  const inner = new Witness();
  const budgets = new KeyBudgets({ sessionsMax: 1, minutesPerDay: 1, nowMs: () => clock.ms, onLimit: () => {} });
  const { port } = await listen(t, { authorise: budgeted(inner.authorise, budgets) });
  const publisher = await publishRtmp({ port, name: 'one?token=a' });
  await t.rejects(publishRtmp({ port, name: 'two?token=a' }), { message: /Denied.*KEY_SESSIONS_MAX/ });
  t.equal(inner.publishes.length, 1, 'nobody else was asked about it');
  for (let count = 0; count < 10; count += 1) {
    clock.ms += 9_000;
    publisher.sendAudio(count === 0 ? aacSequenceHeader : aacSilence, count);
    if (count < 6) await inner.until(() => inner.publishes[0]?.tags.length === count + 1, 'the audio');
  }
  t.match(await publisher.nextStatus(), { description: /KEY_MINUTES_PER_DAY/ });
  t.strictSame((await inner.ended()).tags.length, 6);
  await publisher.closed;
  await t.rejects(publishRtmp({ port, name: 'one?token=a' }), { message: /Denied.*KEY_MINUTES_PER_DAY/ });
});

void t.test('a publisher that is refused for another reason has used nothing', async (t) => {
  const budgets = new KeyBudgets({ sessionsMax: 1, minutesPerDay: 1, nowMs: () => 0, onLimit: () => {} });
  const request = { app: 'live', name: 'one', query: '', token: 'a', remoteAddress: '' };
  const connection = { remoteAddress: '', disconnect: () => {} };
  const no = { accepted: false, code: 'NetStream.Failed', description: 'no' } as const;
  t.strictSame(await budgeted(() => no, budgets)(request, connection), no);
  await t.rejects(async () => budgeted(() => Promise.reject(new Error('broken')), budgets)(request, connection));
  t.type(budgets.begin('a', 'two'), 'object');
});
