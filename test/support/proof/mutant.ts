/** A chart with one thing broken, to see that the proof sees it. */
import { StateMachine } from 'xstate';
import type { AnyStateMachine } from 'xstate';

/** The parts of a state's configuration that mutations touch. */
export interface StateConfig {
  states: Record<string, StateConfig>;
  on: Record<string, unknown>;
  after?: unknown;
  always?: unknown;
  entry?: unknown;
}

/** `machine` with a copy of its configuration that `break_` has changed. */
export function mutant(machine: AnyStateMachine, break_: (root: StateConfig) => void): AnyStateMachine {
  const config = copy(machine.config) as StateConfig;
  break_(config);
  return new StateMachine(config as ConstructorParameters<typeof StateMachine>[0], machine.implementations);
}

/** The state at a path of names with dots. */
export function stateAt(root: StateConfig, path: string): StateConfig {
  let state = root;
  for (const name of path.split('.')) {
    const inner = state.states[name];
    if (inner === undefined) throw new Error(`there is no state ${path}`);
    state = inner;
  }
  return state;
}

/** Plain data is copied, functions and actor logics are shared. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}
