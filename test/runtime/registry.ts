/** Which sessions are live, and that a name has one at a time. */
import t from 'tap';
import type { RunWriter } from '../../actors/log/port.ts';
import type { LiveSession } from '../../runtime/live-session.ts';
import { Registry } from '../../runtime/registry.ts';

/** The registry reads only these of a session. */
function fixture() {
  const ends = new Map<string, () => void>();
  const claims: string[] = [];
  const closed: string[] = [];
  let refusal: Error | undefined;
  let epoch = 0;
  const registry = new Registry({
    claim: (slug) => {
      claims.push(slug);
      if (refusal !== undefined) return Promise.reject(refusal);
      epoch += 1;
      return Promise.resolve({ run: { slug, epoch, startedAt: '', transcriber: '' } } as RunWriter);
    },
    start: ({ run }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(run.slug, resolve);
      return { slug: run.slug, epoch: run.epoch, closed: promise, leftovers: 1 } as LiveSession;
    },
    onClosed: ({ slug }) => closed.push(slug),
  });
  const end = async (slug: string): Promise<void> => {
    const session = registry.live(slug);
    ends.get(slug)?.();
    await session?.closed;
  };
  return { registry, end, claims, closed, refuse: (error?: Error) => void (refusal = error) };
}

void t.test('a session is live from its start to its end', async (t) => {
  const { registry, end, closed } = fixture();
  const session = await registry.start('a');
  t.equal(registry.live('a'), session);
  t.strictSame(registry.liveSessions(), [session]);
  await end('a');
  t.equal(registry.live('a'), undefined);
  t.equal(registry.size, 0);
  t.strictSame(closed, ['a']);
  t.equal(registry.leftovers, 1);
});

void t.test('whoever asks for a name while it is being started gets the same session', async (t) => {
  const { registry, claims } = fixture();
  const started = [registry.start('a'), registry.start('a')];
  t.ok(registry.isStarting('a'));
  t.equal(registry.size, 1, 'it counts already');
  const [first, second] = await Promise.all(started);
  t.equal(first, second);
  t.equal(await registry.start('a'), first);
  t.strictSame(claims, ['a']);
  t.notOk(registry.isStarting('a'));
  t.equal(registry.size, 1);
});

void t.test('a start that is refused leaves nothing, and the next one is tried', async (t) => {
  const { registry, refuse } = fixture();
  refuse(new Error('no'));
  await t.rejects(registry.start('a'), { message: 'no' });
  t.equal(registry.size, 0);
  refuse();
  t.equal((await registry.start('a')).slug, 'a');
});
