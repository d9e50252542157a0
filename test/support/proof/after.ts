/** A world after something has happened in it. */
import type { World } from './world.ts';

/** `words`: happenings with commas between them; an event of the chart's own is sent as it is. */
export async function after(world: World, words: string): Promise<World> {
  for (const word of words.split(', ').filter((each) => each !== '')) {
    const happening = world.happenings.get(word);
    if (happening === undefined) world.root.send(eventNamed(word));
    else if (happening.can()) happening.happen();
    else throw new Error(`"${word}" cannot happen`);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }
  return world;
}

function eventNamed(type: string) {
  if (type === 'session.stop') return { type, reason: 'stopped' };
  if (type === 'drain the session') return { type: 'session.stop', reason: 'server_draining' };
  return { type };
}

export type Snapshot = { status: string; value: unknown; output?: Record<string, unknown> };

export const snapshotOf = (world: World): Snapshot => world.root.getSnapshot() as Snapshot;
