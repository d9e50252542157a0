/** What viewers send: answered, counted, and never more than their own connection's business. */
import { once } from 'node:events';
import t from 'tap';
import { EXCESS_MAX } from '../../../actors/viewers/inbound-budget.ts';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view, viewWithoutReading } from '../../support/viewer-sockets.ts';

async function session(limits: ConstructorParameters<typeof ScriptedSessions>[0] = {}) {
  const sessions = new ScriptedSessions(limits);
  const server = await startHttp({ directory: sessions });
  return { server, talk: sessions.start('talk') };
}

const strange = [
  ...['', 'hello', '{', '[]', 'null', '1', '{}', '{"type":1}', '{"type":"nothing"}', '{"type":"__proto__"}'],
];

void t.test('each strange message gets one error, the tenth closes with 1008', async (t) => {
  const { server } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  for (const text of strange) viewer.socket.send(text);
  t.strictSame(await viewer.closed, { code: 1008, reason: 'protocol_error' });
  const errors = viewer.told.filter(({ type }) => type === 'error');
  t.equal(errors.length, strange.length);
  for (const error of errors) t.match(error, { code: 'protocol_error', message: /./, retryable: false });
});

const levels = (count: number): string => `${'['.repeat(count)}1${']'.repeat(count)}`;

void t.test('a field of more than 8 levels is a bad message, however deep, and counted', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  const messages = [
    `{"type":"ai_acquire","more":${levels(9)}}`,
    `{"type":"ai_acquire","more":${levels(8_000)}}`,
    `{"type":"ai_acquire","more":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`,
    '['.repeat(16_000),
  ];
  for (const text of messages) viewer.socket.send(text);
  await viewer.hears(() => viewer.told.filter(({ code }) => code === 'bad_message').length === messages.length);
  for (const told of viewer.told.filter(({ type }) => type === 'error')) t.match(told['message'], /at most 8 levels/);
  t.strictSame(
    talk.limits,
    messages.map(() => 'json_levels'),
  );
  viewer.socket.send(`{"type":"ai_acquire","more":${levels(8)},"text":"[[[[[[[[[[\\"[["}`);
  t.ok(await viewer.hears(({ state }) => state === 'held'), 'eight levels are read, and brackets in strings are none');
});

void t.test(
  'a field named __proto__ or constructor is a protocol error on any level, and changes nothing',
  async (t) => {
    const { server, talk } = await session();
    await using _ = server;
    const viewer = await view(server.host);
    viewer.socket.send('{"type":"ai_acquire"}');
    await viewer.hears(({ state }) => state === 'held');
    const insight = (data: string): string => `{"type":"ai_insight","fence":1,"upToOffset":0,"data":${data}}`;
    const messages = [
      '{"type":"ai_acquire","__proto__":{"polluted":1}}',
      '{"type":"ai_acquire","\\u005f_proto__":null}',
      '{"__proto__":{"type":"ai_acquire"}}',
      '{"constructor":{"prototype":{"polluted":1}},"type":"ai_release","fence":1}',
      insight('{"__proto__":{"polluted":1}}'),
      insight('[{"a":[{"constructor":1}]}]'),
    ];
    for (const text of messages) viewer.socket.send(text);
    await viewer.hears(() => viewer.told.filter(({ code }) => code === 'protocol_error').length === messages.length);
    viewer.socket.send(insight('{"word":"__proto__","of":["constructor"]}'));
    t.match(await viewer.hears(({ type }) => type === 'ai_insight'), { offset: 1 }, 'as a value they are words');
    t.notOk('polluted' in {});
    talk.final('a', 'said 1');
    t.match(await viewer.hears(({ type }) => type === 'transcript_final'), { offset: 2 }, 'nothing else was recorded');
  },
);

void t.test('nine are answered and forgiven', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  for (const text of strange.slice(0, 9)) viewer.socket.send(text);
  talk.final('a', 'said 1');
  await viewer.hears(({ type }) => type === 'transcript_final');
  viewer.socket.send(Buffer.from('{"type":"ai_acquire"}'), { binary: false });
  await viewer.hears(({ state }) => state === 'held');
  t.equal(viewer.socket.readyState, viewer.socket.OPEN);
});

void t.test('a message of more bytes than any of the protocol closes that viewer alone', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [large, other] = [await view(server.host), await view(server.host)];
  large.socket.send('x'.repeat(2_000_000));
  t.equal((await large.closed).code, 1009);
  talk.final('a', 'said 1');
  t.match(await other.hears(({ type }) => type === 'transcript_final'), { text: 'said 1' });
});

void t.test('clients of the old shape hear no error, whatever they send', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const old = await view(server.host, { protocols: [] });
  for (const text of [...strange, ...strange]) old.socket.send(text);
  talk.final('a', 'said 1');
  await old.hears(({ type }) => type === 'transcript');
  t.strictSame(old.told, [
    {
      type: 'transcript',
      sessionSlug: 'talk',
      utteranceId: 'u1',
      text: 'said 1',
      isFinal: true,
      language: 'en',
      startMs: 0,
      endMs: 2_000,
    },
  ]);
});

void t.test('a viewer that asks and asks and does not read is closed', async (t) => {
  const { server, talk } = await session({ viewerQueueMaxBytes: 100_000 });
  await using _ = server;
  const asking = await view(server.host);
  asking.socket.pause();
  const [viewer] = talk.channel.hub.viewers;
  let asked = 0;
  for (; asked < 500_000; asked += 1) {
    if (viewer?.isOpen !== true) break;
    asking.socket.send('{"type":"ai_acquire"}');
    if (asked % 1_000 === 0) await new Promise(setImmediate);
  }
  t.notOk(viewer?.isOpen, `after ${asked} messages`);
  t.ok((viewer?.line.waitingBytes ?? 0) < 1_000_000);
  asking.socket.resume();
  t.strictSame(await asking.closed, { code: 1008, reason: 'too_many_messages' });
});

void t.test('more messages than a viewer may send are ignored, told once, and close it at last', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [flooding, other, old] = [
    await view(server.host),
    await view(server.host),
    await view(server.host, { protocols: [] }),
  ];
  for (let sent = 0; sent < 200; sent += 1) flooding.socket.send('{"type":"ai_renew","fence":1}');
  for (let sent = 0; sent < 200; sent += 1) old.socket.send('hello');
  t.strictSame(await flooding.closed, { code: 1008, reason: 'too_many_messages' });
  t.strictSame(await old.closed, { code: 1008, reason: 'too_many_messages' });
  const errors = flooding.told.filter(({ type }) => type === 'error').map(({ code }) => code);
  t.equal(errors.length, 21);
  t.strictSame(errors.filter((code) => code === 'too_many_messages').length, 1);
  t.equal(talk.limits.filter((limit) => limit === 'viewer_messages').length, 2 * EXCESS_MAX);
  talk.final('a', 'said 1');
  await other.hears(({ type }) => type === 'transcript_final');
});

void t.test('pings and pongs that nobody asked for count as messages', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [pinging, ponging] = [await view(server.host), await view(server.host)];
  for (let sent = 0; sent < 40; sent += 1) {
    pinging.socket.ping();
    ponging.socket.pong();
  }
  t.strictSame(await pinging.closed, { code: 1008, reason: 'too_many_messages' });
  t.strictSame(await ponging.closed, { code: 1008, reason: 'too_many_messages' });
  t.ok(talk.limits.every((limit) => limit === 'viewer_messages'));
});

void t.test('more bytes than a viewer may send are ignored, and close it at last', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const large = await view(server.host, { protocols: [] });
  for (let sent = 0; sent < 4 + EXCESS_MAX; sent += 1) large.socket.send('x'.repeat(16_384));
  t.strictSame(await large.closed, { code: 1008, reason: 'too_many_messages' });
  t.strictSame(
    talk.limits,
    Array.from({ length: EXCESS_MAX }, () => 'viewer_bytes'),
  );
});

void t.test('who asks for a run that is over may not flood either', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  for (let said = 0; said < 500; said += 1) talk.final(String(said), 'x'.repeat(5_000));
  talk.end();
  const late = await viewWithoutReading(server.host);
  const closed = once(late, 'close');
  // A masked ping without a payload.
  const pings = Buffer.alloc(6 * 100, Buffer.from('898000000000', 'hex'));
  const sinceMs = performance.now();
  late.write(pings);
  await closed;
  t.ok(performance.now() - sinceMs < 10_000, 'long before the end of its time');
});
