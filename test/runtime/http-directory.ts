import t from 'tap';
import { SessionChannel } from '../../actors/viewers/channel.ts';
import { readConfig } from '../../runtime/config.ts';
import { sessionDirectory } from '../../runtime/directory.ts';
import type { LiveSession } from '../../runtime/live-session.ts';
import { createLog } from '../../runtime/log.ts';
import { Registry } from '../../runtime/registry.ts';
import { attempt, startHttp } from '../support/http-server.ts';

const read = readConfig({});
if (!read.ok) throw new Error('the defaults are no options');
const limits = read.config;
const log = createLog({ level: 'error', pretty: false, write: () => {} });
const ledger = { receivedMs: 5, transcribedMs: 3, gapMs: 1, unackedMs: 1 };
const startedAt = '2026-01-01T00:00:00.000Z';

/** As much of a session as directories look at. */
function fixture() {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const registry = new Registry({
    retentionMs: 60_000,
    todayMs: () => 5_000,
    start: (slug, epoch) => {
      const identity = { slug, epoch, startedAt, transcriber: 'local' };
      const channel = new SessionChannel({ ...identity, limits, nowMs: () => performance.now(), log });
      const session = { ...identity, channel, closed, leftovers: 0, state: 'live', ledger: () => ledger };
      return session as unknown as LiveSession;
    },
  });
  return { registry, directory: sessionDirectory(registry), close };
}

void t.test('sessions are told with state, viewers and ledger, and with their end once they have ended', async (t) => {
  const { registry, directory, close } = fixture();
  const session = registry.start('talk');
  const told = { slug: 'talk', epoch: 5_000, state: 'live', startedAt, transcriber: 'local', viewers: 0, ledger };
  t.strictSame(directory.list(), [told]);
  t.strictSame(directory.get('talk'), told);
  t.equal(directory.get('nobody'), undefined);
  session.endedAt = '2026-01-01T01:00:00.000Z';
  close();
  await session.closed;
  t.strictSame(directory.get('talk'), { ...told, endedAt: '2026-01-01T01:00:00.000Z' });
});

void t.test('a viewer of a real session is greeted by it and counted', async (t) => {
  const { registry, directory } = fixture();
  registry.start('talk');
  await using server = await startHttp({ directory });
  const counted = Promise.withResolvers<number | undefined>();
  const viewer = await attempt(server.url('/sessions/talk/live?after=0'), {
    protocols: ['captiond.v2'],
    keep: (socket) => {
      counted.resolve(directory.get('talk')?.viewers);
      socket.close();
    },
  });
  t.match(JSON.parse(viewer.greeting ?? ''), { type: 'session', slug: 'talk', epoch: 5_000, resumed: true });
  t.equal(await counted.promise, 1);
});
