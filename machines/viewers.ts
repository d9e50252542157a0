/**
 * The fan-out of one session, as a lifetime: open, then every viewer is closed, then what did not close is cut.
 *
 * Viewers come and go inside the actor in the slot `hub`, never as events.
 */
import { sendTo, setup } from 'xstate';
import type { HubCommand, HubFact, ViewersRequest } from './events.ts';
import { callbackSlot } from './slots.ts';

/** Deadlines of the viewers' end, in milliseconds. */
export interface ViewersTiming {
  /** From the close frames until the sockets that are left are destroyed. */
  closeTimeoutMs: number;
  /** From there until the hub is given up. */
  terminateTimeoutMs: number;
}

export interface ViewersInput {
  timing: ViewersTiming;
}

const viewersSetup = setup({
  types: {
    context: {} as ViewersInput,
    events: {} as HubFact | ViewersRequest,
    input: {} as ViewersInput,
    children: {} as { hub: 'hub' },
    tags: {} as 'stopping' | 'forced',
  },
  actors: { hub: callbackSlot<HubCommand>('hub') },
  actions: {
    closeAll: sendTo('hub', (_, params: { code: number; reason: string }) => ({ type: 'hub.close', ...params })),
    terminateAll: sendTo('hub', { type: 'hub.terminate' }),
  },
  delays: {
    closeTimeout: ({ context }) => context.timing.closeTimeoutMs,
    terminateTimeout: ({ context }) => context.timing.terminateTimeoutMs,
  },
});

export const viewersMachine = viewersSetup.createMachine({
  id: 'viewers',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ timing: input.timing }),
  invoke: { id: 'hub', src: 'hub', onError: '.closed' },
  initial: 'open',
  states: {
    open: {
      on: {
        'viewers.end': {
          target: 'closing',
          actions: {
            type: 'closeAll',
            params: ({ event }) => ({ code: event.code, reason: event.reason }),
          },
        },
      },
    },
    closing: {
      tags: 'stopping',
      on: { 'hub.emptied': 'closed' },
      after: { closeTimeout: 'terminating' },
    },
    terminating: {
      tags: ['stopping', 'forced'],
      entry: 'terminateAll',
      on: { 'hub.emptied': 'closed' },
      after: { terminateTimeout: 'closed' },
    },
    closed: { type: 'final' },
  },
});
