/** Many viewers, some of them dead or deaf: each gets everything, is resumed or removed, and none disturbs another. */
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { eventually } from '../../support/processes.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { finalsOf, view, viewWithoutReading } from '../../support/viewer-sockets.ts';

/** More than the kernel's buffers of both ends hold. */
const BIG_TEXT = 'word '.repeat(20_000);

async function session(limits: ConstructorParameters<typeof ScriptedSessions>[0] = {}) {
  const sessions = new ScriptedSessions(limits);
  const server = await startHttp({ directory: sessions, limits: { maxViewers: 1_000, allowedOrigins: [] } });
  return { server, talk: sessions.start('talk') };
}

void t.test('every viewer of hundreds gets every final once and in order', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewers = await Promise.all(Array.from({ length: 400 }, () => view(server.host)));
  for (let at = 1; at <= 20; at += 1) talk.final(`u${at}`, `said ${at}`);
  const wanted = Array.from({ length: 20 }, (_, index) => `${index + 1} said ${index + 1}`);
  for (const viewer of viewers) await viewer.hears(({ offset }) => offset === 20);
  t.ok(viewers.every(({ told }) => finalsOf(told).join() === wanted.join()));
  t.equal(talk.channel.hub.size, 400);
  talk.end();
  const codes = await Promise.all(viewers.map(async ({ closed }) => (await closed).code));
  t.strictSame([...new Set(codes)], [1000]);
  await eventually('all are removed', () => talk.channel.hub.size === 0);
});

void t.test('a viewer whose connection is gone is removed, and the others hear on', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [dead, alive] = [await view(server.host), await view(server.host)];
  dead.socket.terminate();
  for (let at = 1; at <= 50; at += 1) talk.final(`u${at}`, `said ${at}`);
  await alive.hears(({ offset }) => offset === 50);
  await eventually('the dead viewer is removed', () => talk.channel.hub.size === 1);
  t.equal(finalsOf(alive.told).length, 50);
});

void t.test('a viewer whose socket fails on a send is removed, and the others hear on', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [broken, alive] = [await view(server.host), await view(server.host)];
  const [first] = talk.channel.hub.viewers;
  first?.line.listener?.failed();
  first?.line.terminate();
  talk.final('a', 'said 1');
  await alive.hears(({ type }) => type === 'transcript_final');
  await broken.closed;
  t.equal(talk.channel.hub.size, 1);
  t.equal(talk.channel.hub.counts.failedSends, 1);
});

void t.test('a viewer that never reads is closed as too slow, and nobody waits for it', async (t) => {
  const { server, talk } = await session({ viewerQueueMaxBytes: 200_000 });
  await using _ = server;
  const deaf = await viewWithoutReading(server.host);
  const alive = await view(server.host);
  let at = 0;
  while (talk.channel.hub.counts.slowCloses === 0 && at < 200) {
    at += 1;
    talk.final(`u${at}`, BIG_TEXT);
    const offset = at;
    await alive.hears((message) => message['offset'] === offset);
  }
  t.equal(talk.channel.hub.counts.slowCloses, 1, `after ${at} finals of ${BIG_TEXT.length} bytes`);
  t.equal(finalsOf(alive.told).length, at);
  await eventually('it is removed', () => talk.channel.hub.size === 1);
  deaf.destroy();
});

void t.test('a viewer that was too slow resumes with its cursor and lacks nothing', async (t) => {
  const { server, talk } = await session({ viewerQueueMaxBytes: 200_000 });
  await using _ = server;
  const slow = await view(server.host);
  slow.socket.pause();
  let at = 0;
  while (talk.channel.hub.counts.slowCloses === 0 && at < 200) {
    at += 1;
    talk.final(`u${at}`, BIG_TEXT);
    await new Promise(setImmediate);
  }
  slow.socket.resume();
  t.strictSame(await slow.closed, { code: 4008, reason: 'too_slow' });
  const got = slow.told.filter(({ type }) => type === 'transcript_final').map(({ offset }) => offset as number);
  const back = await view(server.host, { query: `?after=1:${got.at(-1) ?? 0}` });
  await back.hears(({ offset, type }) => type === 'transcript_final' && offset === at);
  const rest = back.told.filter(({ type }) => type === 'transcript_final').map(({ offset }) => offset as number);
  t.strictSame(
    [...got, ...rest],
    Array.from({ length: at }, (_, index) => index + 1),
  );
});

void t.test('a lagging viewer gets all finals, but of the partials only the newest', async (t) => {
  const { server, talk } = await session({ viewerQueueMaxBytes: 100_000_000 });
  await using _ = server;
  const slow = await view(server.host);
  slow.socket.pause();
  let at = 0;
  const [viewer] = talk.channel.hub.viewers;
  while (viewer?.line.waitingBytes === 0 && at < 200) {
    at += 1;
    talk.final(`u${at}`, BIG_TEXT);
    await new Promise(setImmediate);
  }
  for (let partial = 1; partial <= 100; partial += 1) {
    talk.partial('open', `so far ${partial}`);
    await new Promise(setImmediate);
  }
  slow.socket.resume();
  await slow.hears(({ text }) => text === 'so far 100');
  const partials = slow.told.filter(({ type }) => type === 'transcript_partial');
  t.ok(partials.length <= 2, `${partials.length} of 100 partials`);
  t.equal(finalsOf(slow.told).length, at);
});
