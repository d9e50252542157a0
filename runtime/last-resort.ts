/**
 * Exceptions that nobody catches. One that belongs to a session ends that session and nothing else. One that belongs to
 * none leaves the process in an unknown state: it is written down, and the server stops in order, to be started afresh.
 */
import type { Log } from '../actors/ports.ts';
import { currentScope } from './session-scope.ts';

export interface LastResort {
  /** Has something failed that belongs to no session? */
  readonly isTaken: boolean;
  /** Listens no longer. */
  stop(): void;
}

/** @param server What is stopped in order. */
export function lastResort(server: { close(): Promise<unknown> }, log: Log): LastResort {
  let isTaken = false;
  const caught = (error: unknown): void => {
    const scope = currentScope();
    if (scope !== undefined) return scope.onFault(error);
    log.error('something failed that belongs to no session: stopping in order', { error });
    if (!isTaken) void server.close();
    isTaken = true;
  };
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  return {
    get isTaken() {
      return isTaken;
    },
    stop: () => {
      process.off('uncaughtException', caught);
      process.off('unhandledRejection', caught);
    },
  };
}
