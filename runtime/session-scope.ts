/**
 * To which session belongs what goes wrong?
 *
 * Timers, sockets, child processes and promises remember in whose name they were begun (Node's AsyncLocalStorage), so that
 * an exception that nobody catches is told to its session, which ends with the reason `failed`; what belongs to no
 * session is for `last-resort.ts`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { callInto } from '../actors/call-into.ts';

const current = new AsyncLocalStorage<SessionScope>();

export class SessionScope {
  /** Told what nobody caught. */
  onFault: (error: unknown) => void = () => {};
  /** Calls into the session: what throws is a fault of the session, not the caller's. */
  readonly call: (work: () => void) => void = this.own(callInto);

  /** What is begun by `work` belongs to the session. What it throws is the caller's. */
  own<T>(work: () => T): T {
    return current.run(this, work);
  }
}

/** In whose name code runs now; undefined when in no session's. */
export function currentScope(): SessionScope | undefined {
  return current.getStore();
}
