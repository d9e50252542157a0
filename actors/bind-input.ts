/** Gives an actor its input where the machine that invokes it must not know it (handles never enter a machine). */
import type {
  ActorScope,
  ActorSystem,
  ActorSystemInfo,
  AnyStateMachine,
  CallbackActorLogic,
  CallbackSnapshot,
  EventObject,
} from 'xstate';

/** The same logic, started with `input` whatever the invoking state passes; to its machine the input is opaque. */
export function bindInput<TCommand extends EventObject, TInput>(
  logic: CallbackActorLogic<TCommand, TInput>,
  input: TInput,
): CallbackActorLogic<TCommand> {
  const bound: CallbackActorLogic<TCommand, TInput> = {
    ...logic,
    getInitialSnapshot: (scope: ActorScope<CallbackSnapshot<TInput>, TCommand, ActorSystem<ActorSystemInfo>>) =>
      logic.getInitialSnapshot(scope, input),
  };
  return bound as unknown as CallbackActorLogic<TCommand>;
}

/** The same machine, started with `input` whatever the invoking state passes. */
export function bindMachineInput(machine: AnyStateMachine, input: unknown): AnyStateMachine {
  const getInitialSnapshot = (scope: Parameters<AnyStateMachine['getInitialSnapshot']>[0]): unknown =>
    machine.getInitialSnapshot(scope, input);
  return Object.create(machine, { getInitialSnapshot: { value: getInitialSnapshot } }) as AnyStateMachine;
}
