/** Viewers that are gone without a word are found by pings; those that are there stay. */
import { once } from 'node:events';
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { eventually } from '../../support/processes.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view, viewWithoutReading } from '../../support/viewer-sockets.ts';

const limits = { heartbeatIntervalMs: 60, heartbeatMaxMissed: 3 };

async function session() {
  const sessions = new ScriptedSessions(limits);
  const server = await startHttp({ directory: sessions });
  const talk = sessions.start('talk');
  talk.channel.heartbeat.start(() => talk.channel.hub.viewers);
  return { server, talk, [Symbol.dispose]: () => talk.channel.heartbeat.stop() };
}

void t.test('a viewer that answers no ping is closed with 1008 after as many as may be missed', async (t) => {
  using made = await session();
  const { server, talk } = made;
  await using _ = server;
  const silent = await view(server.host, { autoPong: false });
  let pings = 0;
  silent.socket.on('ping', () => (pings += 1));
  t.strictSame(await silent.closed, { code: 1008, reason: 'heartbeat_timeout' });
  t.equal(pings, limits.heartbeatMaxMissed);
  t.equal(talk.channel.heartbeat.timeouts, 1);
  await eventually('it is removed', () => talk.channel.hub.size === 0);
});

void t.test('a viewer that answers stays', async (t) => {
  using made = await session();
  const { server, talk } = made;
  await using _ = server;
  const viewer = await view(server.host);
  for (let pings = 0; pings < 3 * limits.heartbeatMaxMissed; pings += 1) await once(viewer.socket, 'ping');
  t.equal(talk.channel.hub.size, 1);
  t.equal(talk.channel.heartbeat.timeouts, 0);
});

void t.test('anything else that a viewer sends counts as an answer', async (t) => {
  using made = await session();
  const { server, talk } = made;
  await using _ = server;
  const talking = await view(server.host, { autoPong: false });
  for (let pings = 0; pings < 3 * limits.heartbeatMaxMissed; pings += 1) {
    await once(talking.socket, 'ping');
    talking.socket.send('{"type":"ai_acquire"}');
  }
  t.equal(talk.channel.heartbeat.timeouts, 0);
  t.equal(talk.channel.hub.size, 1);
});

void t.test('a viewer that does not answer the close either is cut', async (t) => {
  using made = await session();
  const { server, talk } = made;
  await using _ = server;
  const deaf = await viewWithoutReading(server.host);
  await eventually('it is closed', () => talk.channel.heartbeat.timeouts === 1);
  await eventually('it is removed', () => talk.channel.hub.size === 0, 5_000);
  deaf.destroy();
  t.end();
});
