import t from 'tap';
import { MemoryLog } from '../../actors/log/memory.ts';
import { SessionChannel } from '../../actors/viewers/channel.ts';
import { closes } from '../../actors/wire/close-codes.ts';
import { Archive } from '../../runtime/archive.ts';
import { readConfig } from '../../runtime/config.ts';
import { sessionDirectory } from '../../runtime/directory.ts';
import type { LiveSession } from '../../runtime/live-session.ts';
import { createLog } from '../../runtime/log.ts';
import { Registry } from '../../runtime/registry.ts';
import { attempt, startHttp } from '../support/http-server.ts';
import { view } from '../support/viewer-sockets.ts';

const read = readConfig({});
if (!read.ok) throw new Error('the defaults are no options');
const limits = read.config;
const lines = createLog({ level: 'error', pretty: false, write: () => {} });
const ledger = { receivedMs: 5, transcribedMs: 3, gapMs: 1, unackedMs: 1 };
const startedAt = '2026-01-01T00:00:00.000Z';
const endedAt = '2026-01-01T01:00:00.000Z';
const nowMs = (): number => performance.now();

/** As much of a server as directories look at; its day is that of the run. */
async function fixture() {
  let closeSession = (): void => {};
  let todayMs = Date.parse(startedAt);
  const log = new MemoryLog(() => todayMs);
  const options = { log, retentionMs: 7_200_000, todayMs: () => todayMs, onFault: () => {} };
  const archive = await Archive.open(options);
  const registry = new Registry({
    claim: (slug) => log.claim({ slug, startedAt, transcriber: 'local' }),
    start: (writer) => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      const channel = new SessionChannel({ writer, sessionLog: log, limits, nowMs, log: lines });
      closeSession = (): void => {
        channel.end('stopped', ledger);
        channel.hub.close(closes.sessionEnded, () => {});
        void writer.end(endedAt).then(resolve);
      };
      const known = {
        ...writer.run,
        channel,
        closed,
        leftovers: 0,
        state: 'live',
        audio: 'flowing',
        ledger: () => ledger,
      };
      return known as unknown as LiveSession;
    },
    onClosed: ({ slug, epoch, channel }) =>
      archive.add({ slug, epoch, startedAt, endedAt, transcriber: 'local', lastOffset: channel.offset, ledger }),
  });
  const directory = sessionDirectory(registry, archive, nowMs);
  const stop = (): void => archive.close();
  return { registry, directory, end: () => closeSession(), pass: (ms: number) => (todayMs += ms), stop };
}

void t.test('sessions are told with state, viewers and ledger, with their end once they have ended', async (t) => {
  const { registry, directory, end, pass, stop } = await fixture();
  t.teardown(stop);
  const { epoch, closed } = await registry.start('talk');
  const known = { slug: 'talk', epoch, startedAt, transcriber: 'local', viewers: 0, ledger };
  const live = { ...known, state: 'live', audio: 'flowing', offset: 0 };
  t.strictSame(directory.list(), [live]);
  t.strictSame(directory.get('talk'), live);
  t.equal(directory.get('nobody'), undefined);
  end();
  await closed;
  const over = { ...known, state: 'ended', audio: 'none', endedAt, offset: 1 };
  t.strictSame(directory.get('talk'), over);
  t.strictSame(directory.list(), [over]);
  await registry.start('talk');
  t.match(directory.list(), [{ state: 'live' }], 'a new run hides the one that is over');
  end();
  pass(4 * 3_600_000);
  await new Promise(setImmediate);
  t.equal(directory.get('talk'), undefined, 'after the retention it is forgotten');
});

void t.test('a viewer of a real session is greeted by it and counted', async (t) => {
  const { registry, directory, stop } = await fixture();
  t.teardown(stop);
  const { epoch } = await registry.start('talk');
  await using server = await startHttp({ directory });
  const counted = Promise.withResolvers<number | undefined>();
  const viewer = await attempt(server.url('/sessions/talk/live?after=0'), {
    protocols: ['captiond.v2'],
    keep: (socket) => {
      counted.resolve(directory.get('talk')?.viewers);
      socket.close();
    },
  });
  t.match(JSON.parse(viewer.greeting ?? ''), { type: 'session', slug: 'talk', epoch, resumed: true });
  t.equal(await counted.promise, 1);
});

void t.test('a run that is over is given to whoever comes, from any cursor, and closed with 1000', async (t) => {
  const { registry, directory, end, stop } = await fixture();
  t.teardown(stop);
  const { epoch, closed, channel } = await registry.start('talk');
  for (let at = 0; at < 1_000; at += 1) channel.gap(at, at + 1, 'audio_lost');
  end();
  await closed;
  await using server = await startHttp({ directory });
  const wanted: [string, number, boolean][] = [
    ['', 0, false],
    ['?after=0', 1_001, true],
    [`?after=${epoch}:700`, 301, true],
    [`?after=${epoch}:1001`, 0, true],
    [`?after=${epoch - 1}:700`, 1_001, false],
  ];
  for (const [query, count, resumed] of wanted) {
    const viewer = await view(server.host, { query });
    t.strictSame(await viewer.closed, { code: 1000, reason: 'session_end' }, query);
    t.match(viewer.told[0], { type: 'session', epoch, state: 'ended', offset: 1_001, resumed });
    const offsets = viewer.told.slice(1).map(({ offset }) => offset);
    t.strictSame(
      offsets,
      Array.from({ length: count }, (_, index) => 1_001 - count + index + 1),
      query,
    );
  }
});
