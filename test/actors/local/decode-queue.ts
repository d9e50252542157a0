/** Which decode comes next: finals before partials, partials in turns, never more than there are threads. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { DecodeQueue } from '../../../actors/local/decode-queue.ts';
import type { Decode } from '../../../actors/local/decode-queue.ts';

function rig(threads = 1) {
  const clock = { nowMs: 0 };
  const errors: unknown[] = [];
  const queue = new DecodeQueue({ threads, nowMs: () => clock.nowMs, onError: (error) => void errors.push(error) });
  const running = new Map<string, PromiseWithResolvers<void>>();
  const begun: string[] = [];
  const job = (name: string): Decode => {
    return () => {
      begun.push(name);
      const done = Promise.withResolvers<void>();
      running.set(name, done);
      return done.promise;
    };
  };
  /** Ends the one in work, and lets the queue go on. */
  const end = async (name: string, error?: Error): Promise<void> => {
    const done = running.get(name);
    if (error === undefined) done?.resolve();
    else done?.reject(error);
    await turn();
  };
  return { clock, errors, queue, begun, job, end };
}

void t.test('finals come in their order, and no more at once than there are threads', async (t) => {
  const { queue, begun, job, end } = rig(2);
  for (const name of ['a', 'b', 'c', 'd']) queue.final(job(name));
  t.strictSame(begun, ['a', 'b']);
  await end('b');
  t.strictSame(begun, ['a', 'b', 'c']);
  await end('a');
  t.strictSame(begun, ['a', 'b', 'c', 'd']);
});

void t.test('no partial begins while a final waits', async (t) => {
  const { queue, begun, job, end } = rig();
  queue.join(1, () => job('partial'));
  for (const name of ['a', 'b']) queue.final(job(name));
  await end('a');
  t.strictSame(begun, ['a', 'b']);
  await end('b');
  t.strictSame(begun, ['a', 'b', 'partial']);
});

void t.test('sessions have partials in turns, those that want none are passed over', async (t) => {
  const { queue, begun, job, end } = rig();
  for (const session of [1, 2, 4]) queue.join(session, () => job(`of ${session}`));
  queue.join(3, () => undefined);
  queue.pump();
  for (const name of ['of 1', 'of 2', 'of 4', 'of 1']) await end(name);
  t.strictSame(begun, ['of 1', 'of 2', 'of 4', 'of 1', 'of 2']);
});

void t.test('a session that has left is not asked any more', async (t) => {
  const { queue, begun, job, end } = rig();
  queue.join(1, () => job('partial'));
  queue.pump();
  queue.leave(1);
  await end('partial');
  t.strictSame(begun, ['partial']);
});

void t.test('a decode that fails is told, and the next one begins', async (t) => {
  const { queue, begun, errors, job, end } = rig();
  for (const name of ['a', 'b']) queue.final(job(name));
  await end('a', new Error('broken'));
  t.match(errors, [{ message: 'broken' }]);
  t.strictSame(begun, ['a', 'b']);
});

void t.test('it is stuck while one is in work for more than ten seconds, however many others end', async (t) => {
  const { queue, clock, job, end } = rig(2);
  t.notOk(queue.isStuck, 'without work');
  for (const name of ['hangs', 'quick', 'next']) queue.final(job(name));
  clock.nowMs = 10_000;
  await end('quick');
  t.notOk(queue.isStuck, 'not yet');
  clock.nowMs = 10_001;
  t.ok(queue.isStuck);
  await end('hangs');
  t.notOk(queue.isStuck, 'the other one has only begun');
});
