/** A hundred viewers at once, one of them dead, one deaf, one slow: what becomes of each, and of the rest. */
import t from 'tap';
import { LATE_MS, PING_EVERY_BYTES } from '../../../actors/viewers/byte-window.ts';
import { Heartbeat } from '../../../actors/viewers/heartbeat.ts';
import { startHttp } from '../../support/http-server.ts';
import { eventually } from '../../support/processes.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import type { ScriptedSession } from '../../support/scripted-sessions.ts';
import { view, viewWithoutReading } from '../../support/viewer-sockets.ts';
import type { TakingViewer, Told } from '../../support/viewer-sockets.ts';

const HEALTHY = 97;
/** A bound that the kernel's buffers are no part of: what waits in them has left. */
const QUEUE_MAX_BYTES = 200_000;
const TEXT = 'word '.repeat(5_000);
/** The kernel takes some megabytes before anything waits. */
const FINALS_MAX = 1_000;

async function session() {
  const sessions = new ScriptedSessions({ viewerQueueMax: FINALS_MAX, viewerQueueMaxBytes: QUEUE_MAX_BYTES });
  const server = await startHttp({ directory: sessions, limits: { maxViewers: 1_000, allowedOrigins: [] } });
  return { server, talk: sessions.start('talk') };
}

const offsetsOf = (told: readonly Told[]): unknown[] =>
  told.filter(({ type }) => type === 'transcript_final').map(({ offset }) => offset);

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** Bytes that are kept for the viewer who is furthest behind. */
function mostBehindBytes({ channel: { hub, records } }: ScriptedSession): number {
  const open = [...hub.viewers].filter(({ isOpen }) => isOpen);
  return Math.max(...open.map(({ line, offset }) => line.waitingBytes + records.bytesAfter(offset)));
}

/** Speaks at the pace of one viewer until as many were closed as too slow: how many finals that took, and the most that was kept. */
async function speakUntilSlow(talk: ScriptedSession, pace: TakingViewer, slowCloses: number) {
  const { counts } = talk.channel.hub;
  let [last, keptBytes] = [0, 0];
  while (counts.slowCloses < slowCloses && last < FINALS_MAX) {
    const next = (last += 1);
    talk.final(`u${next}`, TEXT);
    await pace.hears(({ offset, type }) => offset === next && type === 'transcript_final');
    keptBytes = Math.max(keptBytes, mostBehindBytes(talk));
  }
  return { last, keptBytes };
}

void t.test('of a hundred viewers a dead, a deaf and a slow one leave, and the others get everything', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const deaf = await viewWithoutReading(server.host);
  const [dead, slow] = [await view(server.host), await view(server.host)];
  const healthy = await Promise.all(upTo(HEALTHY).map(() => view(server.host)));
  t.equal(talk.channel.hub.size, 100);
  dead.socket.terminate();
  slow.socket.pause();
  const [pace] = healthy;
  if (pace === undefined) throw new Error('nobody is healthy');
  const { last, keptBytes } = await speakUntilSlow(talk, pace, 2);
  t.ok(keptBytes <= QUEUE_MAX_BYTES, `at most ${keptBytes} bytes were kept for one of them`);
  t.equal(talk.channel.hub.counts.slowCloses, 2, 'the deaf and the slow one, nobody else');
  for (const viewer of healthy) await viewer.hears(({ offset, type }) => offset === last && type !== 'session');
  for (const { told } of healthy) t.strictSame(offsetsOf(told), upTo(last));

  await eventually('who does not answer the close is cut', () => talk.channel.hub.size === HEALTHY, 5_000);
  slow.socket.resume();
  await slow.closed;
  const got = offsetsOf(slow.told);
  t.strictSame(got, upTo(got.length), 'what it got has no holes');
  const back = await view(server.host, { query: `?after=1:${got.length}` });
  await back.hears(({ offset, type }) => offset === last && type !== 'session');
  t.strictSame([...got, ...offsetsOf(back.told)], upTo(last), 'nothing is lost, nothing comes twice');
  deaf.destroy();
});

void t.test('a viewer may be so many records behind, however small they are', async (t) => {
  const sessions = new ScriptedSessions({ viewerQueueMax: 5, viewerQueueMaxBytes: 1e9 });
  await using server = await startHttp({ directory: sessions });
  const talk = sessions.start('talk');
  const slow = await view(server.host);
  slow.socket.pause();
  const [viewer] = talk.channel.hub.viewers;
  let at = 0;
  while (viewer?.line.waitingBytes === 0 && at < FINALS_MAX) {
    talk.final(`u${(at += 1)}`, TEXT);
    await new Promise(setImmediate);
  }
  const { counts } = talk.channel.hub;
  for (let behind = 1; behind <= 5; behind += 1) {
    talk.final(`behind ${behind}`, 'hm');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    t.equal(counts.slowCloses, 0, `${behind} behind`);
  }
  talk.final('behind 6', 'hm');
  await eventually('it is told that it is too slow', () => counts.slowCloses === 1);
  slow.socket.resume();
  t.strictSame(await slow.closed, { code: 4008, reason: 'too_slow' });
});

void t.test('what the network has taken from a viewer that does not read counts as waiting too', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const slow = await view(server.host);
  slow.socket.pause();
  const [viewer] = talk.channel.hub.viewers;
  const { counts } = talk.channel.hub;
  const speak = async (at: number): Promise<void> => {
    talk.final(`u${at}`, TEXT);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  // As much as makes it be asked what has reached it.
  const given = Math.ceil((2 * PING_EVERY_BYTES) / TEXT.length);
  for (let at = 1; at <= given; at += 1) await speak(at);
  const askedAtMs = performance.now();
  await eventually('its answer is late', () => performance.now() - askedAtMs > LATE_MS);
  for (let at = given + 1; counts.slowCloses === 0 && at <= 4 * given; at += 1) await speak(at);
  t.equal(counts.slowCloses, 1, 'it is closed');
  t.equal(viewer?.offset, given + 1, 'and was given no more once its answer was late');
  t.equal(viewer?.line.waitingBytes, 0, 'although the kernel would have taken it');
  slow.socket.resume();
  t.strictSame(await slow.closed, { code: 4008, reason: 'too_slow' });
});

void t.test('a newcomer may read a history of any length at its own pace', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  for (const at of upTo(500)) talk.final(`u${at}`, TEXT);
  const reader = await view(server.host, { query: '?after=0' });
  reader.socket.pause();
  const [viewer] = talk.channel.hub.viewers;
  await eventually('the kernel takes no more', () => (viewer?.line.waitingBytes ?? 0) > 0);
  talk.final('meanwhile', TEXT);
  await new Promise(setImmediate);
  t.ok((viewer?.line.waitingBytes ?? 0) < QUEUE_MAX_BYTES, 'no more waits for it than a part of what it lacks');
  reader.socket.resume();
  await reader.hears(({ offset, type }) => offset === 501 && type !== 'session');
  t.strictSame(offsetsOf(reader.told), upTo(501));
  t.equal(talk.channel.hub.counts.slowCloses, 0);
});

void t.test('a viewer whose frames are no WebSocket frames is cut at once, and the others hear on', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const broken = await viewWithoutReading(server.host);
  const alive = await view(server.host);
  broken.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  // Well below the time that an unanswered close is given.
  await eventually('it is removed', () => talk.channel.hub.size === 1, 1_000);
  talk.final('a', 'said 1');
  t.match(await alive.hears(({ type }) => type === 'transcript_final'), { text: 'said 1' });
  broken.destroy();
});

void t.test('a viewer that takes its backlog slowly is alive, one that takes nothing is not', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  await view(server.host);
  const [viewer] = talk.channel.hub.viewers;
  if (viewer === undefined) throw new Error('nobody is attached');
  let nowMs = 0;
  const lines = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const onStuck = (): void => {};
  const heartbeat = new Heartbeat({
    intervalMs: 100,
    maxMissed: 3,
    nowMs: () => nowMs,
    random: () => 0,
    lines,
    onStuck,
  });
  const waiting = (bytes: number): number => {
    Object.defineProperty(viewer.line, 'waitingBytes', { value: bytes, configurable: true });
    viewer.pingAtMs = nowMs += 10;
    heartbeat.sweep([viewer]);
    return viewer.unanswered;
  };
  t.strictSame([waiting(900), waiting(800), waiting(700), waiting(600), waiting(500)], [1, 1, 1, 1, 1]);
  t.strictSame([waiting(500), waiting(500)], [2, 3]);
  t.equal(heartbeat.timeouts, 0);
  waiting(500);
  t.equal(heartbeat.timeouts, 1);
});
