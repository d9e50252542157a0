/** The server's hold on the AI lease as an actor: as long as it runs, the lease is asked for and kept. */
import { fromCallback } from 'xstate';
import type { EventObject } from 'xstate';
import type { ServerLease } from './server-lease.ts';

/** Takes no commands and tells nothing: who wants to call looks at `ServerLease.fence`. */
export const leaseHolder = fromCallback<EventObject, { lease: Pick<ServerLease, 'start' | 'stop'> }>(({ input }) => {
  input.lease.start();
  return () => input.lease.stop();
});
