/** Webhooks from a session to a receiver: what is sent, in which order, and what becomes of it when the receiver fails. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { LiveSession } from '../../../runtime/live-session.ts';
import { startDeliveryServer } from '../../support/delivery-server.ts';
import { HOOK_SECRET, startHookReceiver } from '../../support/hook-receiver.ts';
import type { HookReceiver, ReceiverFault } from '../../support/hook-receiver.ts';
import { eventually } from '../../support/processes.ts';

t.setTimeout(120_000);

async function rig(t: Test, options: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-hooks-'));
  const receiver = await startHookReceiver();
  const env = { DATA_DIR: folder, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: HOOK_SECRET, ...options };
  const server = await startDeliveryServer(env);
  t.teardown(async () => {
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return { server, receiver, folder };
}

let utterances = 0;

function say(session: LiveSession, ...texts: string[]): void {
  for (const text of texts) {
    utterances += 1;
    const identity = { engineSession: 'e', utterance: `u${utterances}`, channel: 0, language: 'en' };
    session.channel.sink.final({ ...identity, text, startMs: 0, endMs: 1 });
  }
}

const took = (receiver: HookReceiver, count: number): Promise<void> =>
  eventually(`${count} taken`, () => receiver.taken.length >= count, 20_000);
const summary = ({ taken }: HookReceiver) => taken.map(({ body }) => [body.type, body.offset]);

void t.test('start, finals and end are sent in order, signed, each once', async (t) => {
  const { server, receiver } = await rig(t);
  const session = await server.start('talk');
  say(session, 'One.', 'Two.');
  session.channel.gap(1, 2, 'audio_lost');
  say(session, 'Three.');
  await session.stop('stopped');
  await took(receiver, 5);
  t.strictSame(summary(receiver), [
    ['session.started', 0],
    ['session.final', 1],
    ['session.final', 2],
    ['session.final', 4],
    ['session.ended', 5],
  ]);
  const [started, first, , , ended] = receiver.taken;
  t.match(started?.body, {
    session: { slug: 'talk', epoch: session.epoch },
    data: { transcriber: 'test', startedAt: /Z$/ },
  });
  t.match(first?.body.data, { text: 'One.', utteranceId: 'u1', startMs: 0, endMs: 1, language: 'en' });
  t.match(ended?.body.data, { reason: 'stopped', ledger: { receivedMs: 0 } });
  t.equal(first?.id, `evt_talk_${session.epoch}_1`);
  t.ok(receiver.attempts.every((attempt) => attempt.isVerified));
  t.equal(receiver.attempts.length, 5);
  await eventually('nothing is left to deliver', () => server.webhooks?.size === 0);
  t.equal(server.webhooks?.waitingMs, 0);
});

void t.test('only the events that are wanted are sent', async (t) => {
  const { server, receiver } = await rig(t, { WEBHOOK_EVENTS: 'session.ended' });
  const session = await server.start('talk');
  say(session, 'One.');
  await session.stop('stopped');
  await took(receiver, 1);
  t.strictSame(summary(receiver), [['session.ended', 2]]);
  t.equal(receiver.attempts.length, 1);
});

const faults: ReceiverFault[] = [500, 503, 404, 'redirect', 'hang', 'cut', 'cut_after_taking', 'endless'];

for (const fault of faults) {
  void t.test(`${fault}: the event is sent again, and those behind it wait`, async (t) => {
    const { server, receiver } = await rig(t, { WEBHOOK_TIMEOUT_MS: '300' });
    const session = await server.start('talk');
    await took(receiver, 1);
    receiver.fail(fault);
    say(session, 'One.', 'Two.');
    await took(receiver, 3);
    await eventually('four attempts', () => receiver.attempts.length === 4);
    t.strictSame(
      receiver.attempts.map(({ body }) => body.offset),
      [0, 1, 1, 2],
    );
    const [, first, second] = receiver.attempts;
    t.equal(first?.id, second?.id, 'under the same id');
    t.strictSame(first?.body, second?.body);
    t.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 950, 'after a rest');
    t.match(server.lines.join(''), 'a webhook was not delivered');
    t.notMatch(server.lines.join(''), /One\.|whsec_|hook\//, 'without words, secret or address');
  });
}

void t.test('a session whose receiver fails does not hold back another', async (t) => {
  const { server, receiver } = await rig(t, { WEBHOOK_TIMEOUT_MS: '60000' });
  const stuck = await server.start('stuck');
  await took(receiver, 1);
  receiver.fail('hang');
  say(stuck, 'One.');
  await eventually('it hangs', () => receiver.attempts.length === 2);
  const well = await server.start('well');
  say(well, 'Two.');
  await took(receiver, 3);
  t.strictSame(
    receiver.taken.map(({ body }) => body.session.slug),
    ['stuck', 'well', 'well'],
  );
  t.ok((server.webhooks?.waitingMs ?? 0) > 0, 'and is seen to wait');
});

void t.test('over many sessions a bounded number of requests is out at a time', async (t) => {
  const { server, receiver } = await rig(t);
  const sessions = await Promise.all(Array.from({ length: 30 }, (_, index) => server.start(`talk-${index}`)));
  for (const session of sessions) say(session, 'One.', 'Two.');
  await took(receiver, 90);
  t.ok(receiver.mostInFlight <= 8, `${receiver.mostInFlight}`);
  for (const { slug } of sessions) {
    const offsets = receiver.attempts.filter(({ body }) => body.session.slug === slug).map(({ body }) => body.offset);
    t.strictSame(offsets, [0, 1, 2]);
  }
});

void t.test('after too many failures in a row events are dropped loudly, until one is taken', async (t) => {
  const { server, receiver } = await rig(t, { WEBHOOK_ATTEMPTS_MAX: '2' });
  const session = await server.start('talk');
  await took(receiver, 1);
  receiver.failure = 500;
  say(session, 'One.', 'Two.', 'Three.');
  await eventually('one is dropped', () => server.lines.some((line) => line.includes('webhooks are dropped')));
  receiver.failure = undefined;
  await took(receiver, 3);
  t.strictSame(summary(receiver), [
    ['session.started', 0],
    ['session.final', 2],
    ['session.final', 3],
  ]);
  const { resourceMetrics } = await server.store.collect();
  const drops = resourceMetrics.scopeMetrics[0]?.metrics.find(
    ({ descriptor }) => descriptor.name === 'webhook_drops_total',
  );
  t.equal(drops?.dataPoints[0]?.value, 1);
});
