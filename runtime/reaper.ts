/**
 * The two nets under an actor system: XState leaves the children of a machine that throws running, so they are stopped
 * here; and what actors opened and did not close is released when the root has ended.
 *
 * Rests on the event names `xstate.error.actor.*` and `xstate.stop` of the pinned XState; `test/runtime/reaper.ts` holds
 * them.
 */
import type { ActorRefLike, AnyActorRef } from 'xstate';
import type { ResourceList } from '../actors/resources.ts';

/**
 * Watches `root` until it ends. `onEnded` is told once, with the number of resources that had been left open and, if
 * the root failed, its error. `onActorFailed` is told of every actor below it that has thrown.
 */
export function superviseRoot(
  root: AnyActorRef,
  resources: ResourceList,
  onEnded: (left: number, error?: unknown) => void,
  onActorFailed: (error: unknown) => void = () => {},
): void {
  root.system.inspect((event) => {
    if (event.type !== '@xstate.event' || !event.event.type.startsWith('xstate.error.actor.')) return;
    onActorFailed((event.event as { error?: unknown }).error);
    if (event.sourceRef !== undefined) stopChildren(event.sourceRef);
  });
  root.subscribe({
    complete: () => onEnded(resources.releaseAll()),
    error: (error: unknown) => {
      stopChildren(root);
      onEnded(resources.releaseAll(), error);
    },
  });
}

function stopChildren(failed: ActorRefLike): void {
  const snapshot: unknown = failed.getSnapshot();
  if (typeof snapshot !== 'object' || snapshot === null || !('children' in snapshot)) return;
  const children = Object.values(snapshot.children as Record<string, AnyActorRef | undefined>);
  for (const child of children) child?.send({ type: 'xstate.stop' });
}
