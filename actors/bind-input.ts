/** Gives an actor its input where the machine that invokes it must not know it (handles never enter a machine). */
import type { AnyActorLogic, InputFrom } from 'xstate';

/** The same logic, started with `input` whatever the invoking state passes. */
export function bindInput<TLogic extends AnyActorLogic>(logic: TLogic, input: InputFrom<TLogic>): TLogic {
  return {
    ...logic,
    getInitialSnapshot: (scope: Parameters<TLogic['getInitialSnapshot']>[0]) => logic.getInitialSnapshot(scope, input),
  };
}
