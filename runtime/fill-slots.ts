/**
 * What `machine.provide()` does, without building the chart again: the tree of states is one for all sessions, and only
 * what is done differs. A session takes a quarter of the memory, and a thousand of them cause no long collections
 * (`npm run bench sessions`).
 *
 * Rests on three facts of the pinned XState: actions, guards, delays and actors are looked up in the `implementations` of a
 * snapshot's machine; nodes of the tree hold their machine for its structure alone; `getInitialSnapshot` is
 * what binds a snapshot to its machine. `test/runtime/fill-slots.ts` holds them.
 */
import { StateMachine } from 'xstate';
import type { AnyStateMachine } from 'xstate';

/** Effects and actors by the names that the chart gives them. */
type Slots<Machine extends AnyStateMachine> = Parameters<Machine['provide']>[0];

type Table = Record<'actors' | 'actions' | 'guards' | 'delays', Record<string, unknown>>;

export function fillSlots<Machine extends AnyStateMachine>(machine: Machine, slots: Slots<Machine>): Machine {
  const { actors, actions, guards, delays } = machine.implementations as Table;
  const own = slots as Partial<Table>;
  const filled = Object.create(machine) as Machine;
  const implementations = {
    actors: { ...actors, ...own.actors },
    actions: { ...actions, ...own.actions },
    guards: { ...guards, ...own.guards },
    delays: { ...delays, ...own.delays },
  };
  const { prototype } = StateMachine as { prototype: AnyStateMachine };
  const getInitialSnapshot: AnyStateMachine['getInitialSnapshot'] = (...given) =>
    prototype.getInitialSnapshot.apply(filled, given);
  return Object.assign(filled, { implementations, getInitialSnapshot });
}
