import t from 'tap';
import type { LiveSession } from '../../runtime/live-session.ts';
import { ENDED_SESSIONS_MAX, Registry } from '../../runtime/registry.ts';

/** The registry reads only these of a session. */
function fixture(retentionMs = 1_000) {
  const ends = new Map<string, () => void>();
  let todayMs = 5_000;
  const registry = new Registry({
    retentionMs,
    todayMs: () => todayMs,
    start: (slug, epoch) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(slug, resolve);
      const session: Pick<LiveSession, 'slug' | 'epoch' | 'closed' | 'leftovers'> = {
        slug,
        epoch,
        closed: promise,
        leftovers: 0,
      };
      return session as LiveSession;
    },
  });
  const end = async (slug: string): Promise<void> => {
    const session = registry.live(slug);
    ends.get(slug)?.();
    await session?.closed;
  };
  return { registry, end, pass: (ms: number) => void (todayMs += ms) };
}

void t.test('an ended session stays readable for the retention, then it is forgotten', async (t) => {
  const { registry, end, pass } = fixture();
  registry.start('a');
  await end('a');
  t.equal(registry.size, 0);
  t.equal(registry.live('a'), undefined);
  t.equal(registry.get('a')?.slug, 'a');
  pass(1_001);
  t.equal(registry.get('a'), undefined);
  t.strictSame(registry.list(), []);
});

void t.test('each run of a name has a later epoch, even within one millisecond', async (t) => {
  const { registry, end } = fixture();
  const first = registry.start('a').epoch;
  await end('a');
  const second = registry.start('a').epoch;
  t.ok(second > first);
  t.equal(registry.get('a')?.epoch, second, 'the live run hides the ended one');
  t.equal(registry.list().length, 1);
});

void t.test('no more than the named number of ended sessions is kept, the oldest goes first', async (t) => {
  const { registry, end } = fixture(Number.MAX_SAFE_INTEGER);
  for (let n = 0; n <= ENDED_SESSIONS_MAX; n += 1) {
    registry.start(`s${n}`);
    await end(`s${n}`);
  }
  t.equal(registry.list().length, ENDED_SESSIONS_MAX);
  t.equal(registry.get('s0'), undefined);
  t.ok(registry.get(`s${ENDED_SESSIONS_MAX}`));
});
