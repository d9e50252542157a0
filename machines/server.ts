/**
 * The server's own life: boot, serve, drain, stop. Sessions are not its children; each is the root of its own system.
 *
 * What the states do (open listeners, finish sessions, end the engine) is provided; this chart says in which order and
 * with which deadlines.
 */
import { assign, setup } from 'xstate';
import type { ServerEvent } from './events.ts';
import { promiseSlot } from './slots.ts';

/** Deadlines of the server, in milliseconds. */
export interface ServerTiming {
  /** The sessions' share of DRAIN_MS: from the shutdown request until they are cut. */
  drainTimeoutMs: number;
  /** The rest of it: for closing the engine, the listeners and the session log, after the sessions are gone. */
  shutdownTimeoutMs: number;
}

export interface ServerInput {
  timing: ServerTiming;
}

export interface ServerContext extends ServerInput {
  outcome: ServerOutput['outcome'];
  /** What made the start fail, for the caller. */
  error: unknown;
}

export interface ServerOutput {
  outcome: 'stopped' | 'boot_failed' | 'forced';
  error: unknown;
}

const serverSetup = setup({
  types: {
    context: {} as ServerContext,
    events: {} as ServerEvent,
    input: {} as ServerInput,
    output: {} as ServerOutput,
    children: {} as { boot: 'boot'; shutdown: 'shutdown' },
    tags: {} as 'accepting' | 'stopping',
  },
  actors: {
    /** Starts the engine and opens the listeners. */
    boot: promiseSlot<void>('boot'),
    /** Closes the listeners and ends the engine by its ladder. */
    shutdown: promiseSlot<void>('shutdown'),
  },
  actions: {
    /** Ask every session to end in order; `sessions.closed` follows. Provided. */
    drainSessions: () => {},
    /** Stop every session's actors at once and release what they hold. Provided. */
    forceSessions: () => {},
    keepError: assign({ error: (_, params: { error: unknown }) => params.error }),
    keepOutcome: assign({ outcome: (_, params: { outcome: ServerOutput['outcome'] }) => params.outcome }),
  },
  delays: {
    drainTimeout: ({ context }) => context.timing.drainTimeoutMs,
    shutdownTimeout: ({ context }) => context.timing.shutdownTimeoutMs,
  },
});

export const serverMachine = serverSetup.createMachine({
  id: 'server',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, outcome: 'stopped', error: null }),
  initial: 'booting',
  states: {
    booting: {
      invoke: {
        id: 'boot',
        src: 'boot',
        onDone: 'ready',
        onError: {
          target: 'stopping',
          actions: [
            { type: 'keepError', params: ({ event }) => ({ error: event.error }) },
            { type: 'keepOutcome', params: { outcome: 'boot_failed' } },
          ],
        },
      },
      on: { 'server.drain': 'stopping', 'server.force': 'forcing' },
    },
    ready: {
      tags: 'accepting',
      on: { 'server.drain': 'draining', 'server.force': 'forcing' },
    },
    draining: {
      tags: 'stopping',
      entry: 'drainSessions',
      on: { 'sessions.closed': 'stopping', 'server.force': 'forcing' },
      after: { drainTimeout: 'forcing' },
    },
    forcing: {
      tags: 'stopping',
      entry: ['forceSessions', { type: 'keepOutcome', params: { outcome: 'forced' } }],
      always: 'stopping',
    },
    stopping: {
      tags: 'stopping',
      invoke: { id: 'shutdown', src: 'shutdown', onDone: 'stopped', onError: 'stopped' },
      on: { 'server.force': 'stopped' },
      after: { shutdownTimeout: 'stopped' },
    },
    stopped: { type: 'final' },
  },
  output: ({ context }) => ({ outcome: context.outcome, error: context.error }),
});
