/** Which sessions are live, and that a name has one at a time. */
import t from 'tap';
import type { RunWriter } from '../../actors/log/port.ts';
import type { LiveSession } from '../../runtime/live-session.ts';
import { sessionControl } from '../../runtime/directory.ts';
import { Registry } from '../../runtime/registry.ts';

/** The registry reads only these of a session. */
function fixture() {
  const ends = new Map<string, () => void>();
  const claims: string[] = [];
  const closed: string[] = [];
  const stopped: string[] = [];
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
      const stop = (reason: string): Promise<void> => {
        stopped.push(`${run.slug} ${reason}`);
        resolve();
        return promise;
      };
      return { slug: run.slug, epoch: run.epoch, closed: promise, leftovers: 1, stop } as unknown as LiveSession;
    },
    onClosed: ({ slug }) => closed.push(slug),
  });
  const end = async (slug: string): Promise<void> => {
    const session = registry.live(slug);
    ends.get(slug)?.();
    await session?.closed;
  };
  return { registry, end, claims, closed, stopped, refuse: (error?: Error) => void (refusal = error) };
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

void t.test(
  'to stop all is to stop those too that are being started, and waits for none that cannot start',
  async (t) => {
    const { registry, stopped, refuse } = fixture();
    await registry.start('a');
    const starting = registry.start('b');
    refuse(new Error('no'));
    const failing = t.rejects(registry.start('c'), { message: 'no' });
    await registry.stopAll('server_draining');
    await Promise.all([starting, failing]);
    t.strictSame(stopped.toSorted(), ['a server_draining', 'b server_draining']);
    t.equal(registry.size, 0);
  },
);

void t.test('who prepares a session in the moment in which the server begins to drain is told so', async (t) => {
  const { registry } = fixture();
  let isDraining = false;
  const control = sessionControl(registry, { refuses: () => undefined, isDraining: () => isDraining });
  const answer = control.prepare('a', { gladia: {} });
  isDraining = true;
  await registry.stopAll('server_draining');
  t.strictSame(await answer, { code: 'server_draining' });
  t.equal(registry.size, 0);
});
