/** The nets under an actor system, over the pinned XState: children of what throws are stopped, resources released. */
import t from 'tap';
import { createActor, fromCallback, setup } from 'xstate';
import type { AnyActorLogic } from 'xstate';
import { ResourceList } from '../../actors/resources.ts';
import { superviseRoot } from '../../runtime/reaper.ts';

/** A tree of two levels whose leaf holds a resource; `break` throws in the named machine. */
function tree(where: 'root' | 'middle') {
  const resources = new ResourceList();
  const seen = { released: 0, stopped: 0, ended: [] as { left: number; error: unknown }[] };
  const leaf = fromCallback(() => {
    resources.hold({ kind: 'process', name: 'leaf', release: () => void (seen.released += 1) });
    return () => void (seen.stopped += 1);
  });
  const fail = (): never => {
    throw new Error('broken');
  };
  const listening = (src: AnyActorLogic, isBroken: boolean) =>
    setup({ actors: { src }, actions: { fail } }).createMachine({
      invoke: { id: 'child', src: 'src' },
      ...(isBroken && { on: { break: { actions: 'fail' } } }),
    });
  const middle = listening(leaf, where === 'middle');
  const root = createActor(listening(middle, where === 'root'));
  superviseRoot(root, resources, (left, error) => void seen.ended.push({ left, error }));
  root.start();
  const { child } = root.getSnapshot().children;
  const break_ = (): void => (where === 'root' ? root : child)?.send({ type: 'break' });
  return { seen, break_, root, resources };
}

void t.test('a root that throws: its children are stopped, what they held is released and counted', (t) => {
  const { seen, break_, resources } = tree('root');
  break_();
  t.match(seen.ended, [{ left: 1, error: { message: 'broken' } }]);
  t.equal(seen.stopped, 1);
  t.equal(seen.released, 1);
  t.equal(resources.size, 0);
  t.end();
});

void t.test('a child that throws and is handled by nobody: the same', (t) => {
  const { seen, break_ } = tree('middle');
  break_();
  t.match(seen.ended, [{ left: 1, error: { message: 'broken' } }]);
  t.equal(seen.stopped, 1);
  t.equal(seen.released, 1);
  t.end();
});

void t.test('what was given back is not released again', (t) => {
  const resources = new ResourceList();
  let released = 0;
  const give = resources.hold({ kind: 'socket', name: 'a', release: () => void (released += 1) });
  resources.hold({ kind: 'process', name: 'b', release: () => void (released += 1) });
  give();
  give();
  t.strictSame(resources.names(), ['b']);
  t.equal(resources.releaseAll(), 1);
  t.equal(resources.releaseAll(), 0);
  t.equal(released, 1);
  t.end();
});
