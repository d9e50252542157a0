import t from 'tap';
import { closeCodes } from '../../actors/wire/close-codes.ts';
import { parseMessage } from '../../runtime/client/messages.js';
import { endingOf, retryDelayMs } from '../../runtime/client/retry.js';
import type { Ending } from '../../runtime/client/retry.js';
import { Viewer } from '../../runtime/client/viewer.js';
import { startRecordServer } from '../support/record-server.ts';
import { logViewer } from '../support/viewer-log.ts';

void t.test('a viewer waits for a session that does not exist yet', async (t) => {
  await using server = await startRecordServer();
  server.fault = { close: [closeCodes.noSuchSession, 'no_such_session'] };
  using viewer = logViewer(server.url);
  await viewer.saw('connection no_session');
  server.fault = {};
  server.say('one');
  await viewer.saw('connection open', 'final 1 one');
  t.notOk(viewer.lines.includes('connection lost'));
});

void t.test('after the end the next run is followed, and the old end is told once', { timeout: 30_000 }, async (t) => {
  await using server = await startRecordServer();
  using viewer = logViewer(server.url);
  await viewer.saw('state live');
  server.say('one');
  server.end();
  await viewer.saw('end 2', 'connection ended');
  const { length } = server.asked;
  viewer.viewer.reconnect();
  await viewer.saw('state ended');
  t.strictSame(server.asked.slice(length), ['7:2'], 'it looks again');
  server.epoch = 8;
  server.records = [];
  server.say('two');
  await viewer.saw('connection ended', 'connection open', 'run 8', 'state live', 'final 1 two');
  t.equal(viewer.lines.filter((line) => line.startsWith('end')).length, 1);
  t.equal(viewer.lines.filter((line) => line === 'connection ended').length, 1, 'looking again shows nothing');
});

void t.test('a server that goes down is waited for, for a random part of five seconds', async (t) => {
  await using server = await startRecordServer();
  server.fault = { close: [closeCodes.serverRestarting, 'server_restarting'] };
  const cameBackAfter = (chance: number) => {
    const { promise, resolve } = Promise.withResolvers<{ saidMs: number | undefined; tookMs: number }>();
    let saidMs: number | undefined;
    let sinceMs = 0;
    const connection = (now: string, { retryInMs }: { retryInMs?: number | undefined }): void => {
      if (now === 'open') return resolve({ saidMs, tookMs: performance.now() - sinceMs });
      if (now !== 'restarting') return;
      saidMs = retryInMs;
      sinceMs = performance.now();
    };
    const viewer = new Viewer({ url: server.url, random: () => chance, listeners: { connection } });
    t.teardown(() => viewer.close());
    return promise;
  };
  const early = cameBackAfter(0.8);
  const late = cameBackAfter(0.6);
  while (server.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  server.fault = {};
  const [first, second] = await Promise.all([early, late]);
  t.strictSame([first.saidMs, second.saidMs], [1_000, 2_000]);
  t.ok(first.tookMs >= 990, `${first.tookMs}`);
  t.ok(second.tookMs >= 1_990, `${second.tookMs}`);
  t.equal(server.asked.length, 4, 'each has asked once more');
});

void t.test('a refusal is final', async (t) => {
  await using server = await startRecordServer();
  server.fault = { close: [closeCodes.policyViolation, 'protocol_error'] };
  using viewer = logViewer(server.url);
  await viewer.saw('connection refused');
  viewer.viewer.reconnect();
  t.equal(server.asked.length, 1);
});

void t.test('a server that does not answer is left and tried again', async (t) => {
  await using server = await startRecordServer();
  server.fault = { isMute: true };
  using viewer = logViewer(server.url, { connectTimeoutMs: 300 });
  await viewer.saw('connection lost');
  server.fault = {};
  await viewer.saw('connection lost', 'connection open');
  t.equal(server.asked.length, 2);
});

void t.test('messages that are none do no harm', async (t) => {
  await using server = await startRecordServer();
  using viewer = logViewer(server.url);
  await viewer.saw('state live');
  const strange = ['', '{', 'null', '[]', '{"type":"session"}', '{"type":"transcript_final","offset":1}', '{"type":7}'];
  for (const data of [...strange, '{"type":"__proto__"}', '{"type":"news_of_a_later_version"}']) server.send(data);
  server.say('one');
  await viewer.saw('final 1 one');
  t.strictSame(viewer.lines, ['connection open', 'run 7', 'state live', 'final 1 one']);
  t.equal(parseMessage(new Uint8Array(1)), undefined);
  t.equal(parseMessage('{"type":"__proto__"}'), undefined);
  t.equal(parseMessage('{"type":"constructor"}'), undefined);
});

void t.test('each close code of the server has its meaning', (t) => {
  const meanings: [number, string, Ending][] = [
    [closeCodes.sessionEnded, '', 'ended'],
    [closeCodes.serverRestarting, '', 'restarting'],
    [closeCodes.atCapacity, '', 'full'],
    [closeCodes.noSuchSession, '', 'no_session'],
    [closeCodes.tooSlow, '', 'lost'],
    [closeCodes.policyViolation, 'heartbeat_timeout', 'lost'],
    [closeCodes.policyViolation, 'protocol_error', 'refused'],
    [4001, '', 'refused'],
    [4003, '', 'refused'],
    [1006, '', 'lost'],
    [1011, '', 'lost'],
  ];
  for (const [code, reason, ending] of meanings) t.equal(endingOf(code, reason), ending, `${code} ${reason}`);
  t.end();
});

void t.test('waits grow to a bound and are spread', (t) => {
  const lost = (attempt: number, chance: number) => retryDelayMs('lost', attempt, () => chance);
  t.strictSame(
    [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => lost(attempt, 0)),
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000],
  );
  t.equal(lost(0, 0.999_999), 250);
  t.equal(
    retryDelayMs('restarting', 3, () => 0),
    5000,
  );
  t.equal(
    retryDelayMs('restarting', 0, () => 0.5),
    2500,
  );
  t.equal(
    retryDelayMs('refused', 0, () => 0),
    undefined,
  );
  t.end();
});
