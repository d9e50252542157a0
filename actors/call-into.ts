/**
 * Calls into something from outside of it: from a shared timer, from a child that serves all sessions, from a viewer's socket.
 *
 * What the call starts belongs to where `callInto` was called, not to the caller; and what it throws is thrown there. So
 * a session that is broken fails alone, and whoever called goes on with the others.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Binds to the async context that is current now. */
export function callInto(): (work: () => void) => void {
  const inContext = AsyncLocalStorage.snapshot();
  return (work) =>
    inContext(() => {
      try {
        work();
      } catch (error) {
        // From a microtask of that context, where nobody else's work is on the stack.
        queueMicrotask(() => {
          throw error;
        });
      }
    });
}
