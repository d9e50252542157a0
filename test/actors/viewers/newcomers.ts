/** What a viewer that comes late, or reads late, is told of what is true now. */
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view } from '../../support/viewer-sockets.ts';

async function session() {
  const sessions = new ScriptedSessions();
  const server = await startHttp({ directory: sessions });
  return { server, talk: sessions.start('talk') };
}

void t.test('a newcomer sees open utterances and the state, and nothing that was withdrawn', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  talk.channel.setState('publisher_lost');
  for (let at = 0; at < 300; at += 1) {
    talk.partial(`gone ${at}`, 'mm');
    talk.final(`gone ${at}`, '');
  }
  talk.partial('open', 'so far');
  const viewer = await view(server.host);
  await viewer.hears(({ type }) => type === 'transcript_partial');
  viewer.socket.send('{"type":"unknown"}');
  await viewer.hears(({ type }) => type === 'error');
  t.match(viewer.told[0], { type: 'session', state: 'publisher_lost' });
  t.strictSame(viewer.told.map(({ type, text }) => [type, text]).slice(1, 2), [['transcript_partial', 'so far']]);
  t.equal(viewer.told.length, 3);
});

void t.test('a state that changes while a newcomer still reads its history reaches it', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  for (let at = 0; at < 100; at += 1) talk.final(`u${at}`, 'word '.repeat(20_000));
  const reading = view(server.host, { query: '?after=0' });
  while (talk.channel.hub.size === 0) await new Promise(setImmediate);
  talk.channel.setState('publisher_lost');
  const viewer = await reading;
  t.match(await viewer.hears(({ type }) => type === 'session_state'), { state: 'publisher_lost' });
});
