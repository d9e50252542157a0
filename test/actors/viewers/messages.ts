/** What viewers send: answered, counted, and never more than their own connection's business. */
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view } from '../../support/viewer-sockets.ts';

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

void t.test('nine are answered and forgiven', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  for (const text of strange.slice(0, 9)) viewer.socket.send(text);
  talk.final('a', 'said 1');
  await viewer.hears(({ type }) => type === 'transcript_final');
  viewer.socket.send(Buffer.from('{"type":"ai_acquire"}'), { binary: false });
  await viewer.hears(({ code }) => code === 'not_in_this_version');
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
  t.equal((await asking.closed).code, 4008);
});
