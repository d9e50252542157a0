/** Viewers that are gone without a word are found by pings; those that are there stay. */
import { once } from 'node:events';
import t from 'tap';
import { Heartbeat } from '../../../actors/viewers/heartbeat.ts';
import type { ViewerLine } from '../../../actors/viewers/line.ts';
import { STUCK_MS, Viewer } from '../../../actors/viewers/viewer.ts';
import { readConfig } from '../../../runtime/config.ts';
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

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A line whose other end is gone: it takes everything and answers nothing. */
function goneLine() {
  const none = (): void => {};
  const line: ViewerLine & { isOpen: boolean; pings: number } = {
    ...{ protocol: 'v2', confirms: true, waitingBytes: 0, isOpen: true, listener: undefined, pings: 0 },
    ...{ write: none, writeOne: none, afterFlush: none, terminate: none },
    end: () => void (line.isOpen = false),
    ping: () => void (line.pings += 1),
  };
  return line;
}

void t.test('by the usual options a viewer that is gone without a word is closed within two minutes', (t) => {
  const read = readConfig({});
  if (!read.ok) throw new Error('the defaults are no options');
  const { heartbeatIntervalMs: intervalMs, heartbeatMaxMissed: maxMissed } = read.config;
  for (const phase of [0, 0.2, 0.5, 0.999]) {
    let nowMs = 0;
    const line = goneLine();
    const viewer = new Viewer(line, { offset: 0, partials: true }, { turn: 0, nowMs, phase });
    const clock = { nowMs: () => nowMs, random: () => phase };
    const heartbeat = new Heartbeat({ ...clock, intervalMs, maxMissed, lines: quiet, onStuck: () => {} });
    heartbeat.attached(viewer);
    // Looked at a little less often than eight times in an interval, as on a busy machine.
    for (; line.isOpen && nowMs < 1_000_000; nowMs += intervalMs / 7.9) heartbeat.sweep([viewer]);
    const closedAtMs = nowMs - intervalMs / 7.9;
    t.ok(closedAtMs > 60_000 && closedAtMs <= 120_000, `after ${closedAtMs} ms`);
    t.equal(line.pings, maxMissed);
  }
  t.end();
});

void t.test(
  'a viewer that takes nothing of what waits for it is closed as too slow, however little that is',
  async (t) => {
    using made = await session();
    const { server, talk } = made;
    await using _ = server;
    const deaf = await view(server.host);
    deaf.socket.pause();
    const { hub } = talk.channel;
    const [viewer] = hub.viewers;
    for (let at = 0; at < 200 && viewer?.line.waitingBytes === 0; at += 1) {
      talk.final(`u${at}`, 'word '.repeat(20_000));
      await new Promise(setImmediate);
    }
    let aheadMs = 0;
    const clock = { nowMs: () => performance.now() + aheadMs, random: () => 1 };
    const onStuck = (stuck: Viewer): void => hub.tooSlow(stuck);
    const heartbeat = new Heartbeat({ ...clock, intervalMs: 30_000, maxMissed: 3, lines: quiet, onStuck });
    heartbeat.sweep(hub.viewers);
    t.equal(hub.counts.slowCloses, 0, 'it has its time');
    aheadMs = STUCK_MS;
    heartbeat.sweep(hub.viewers);
    t.equal(hub.counts.slowCloses, 1);
    deaf.socket.resume();
    t.strictSame(await deaf.closed, { code: 4008, reason: 'too_slow' });
  },
);
