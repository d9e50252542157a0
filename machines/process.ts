/**
 * Any supervised child process: ffmpeg of a session, the local engine of the server.
 *
 * It starts, runs, is replaced when it dies or hangs (with rests, within a restart intensity), and leaves by a ladder:
 * end of input, SIGTERM, SIGKILL to the group, each rung a state with its own deadline. The actor in the slot `child`
 * owns the process and decides nothing; it is invoked once per run, by the state `up`, and hears commands in every
 * state of that run.
 */
import { assign, sendTo, setup } from 'xstate';
import type { ProcessCommand, ProcessFact, ProcessOutput, ProcessRequest } from './events.ts';
import { backoffMs, mayRestart, recordCrash } from './restart.ts';
import type { RestartPolicy } from './restart.ts';
import { callbackSlot } from './slots.ts';

/** Deadlines of a process, in milliseconds. */
export interface ProcessTiming {
  /** From the start until it must be ready. */
  startTimeoutMs: number;
  /** From the end of its input until SIGTERM. */
  endTimeoutMs: number;
  /** From SIGTERM until SIGKILL. */
  terminateTimeoutMs: number;
  /** From SIGKILL until it is given up as abandoned (an alert: the kernel could not end it). */
  killTimeoutMs: number;
}

export interface ProcessInput {
  timing: ProcessTiming;
  restart: RestartPolicy;
}

export interface ProcessContext {
  timing: ProcessTiming;
  restart: RestartPolicy;
  /** When the recent crashes happened, on the child actor's monotonic clock. */
  crashesAtMs: number[];
  code: number | null;
  signal: string | null;
  reason: string | null;
  rung: ProcessOutput['rung'];
  outcome: ProcessOutput['outcome'];
}

type ProcessEvent = ProcessFact | ProcessRequest;

const processSetup = setup({
  types: {
    context: {} as ProcessContext,
    events: {} as ProcessEvent,
    input: {} as ProcessInput,
    output: {} as ProcessOutput,
    children: {} as { child: 'child' },
    tags: {} as 'stopping' | 'forced',
  },
  actors: { child: callbackSlot<ProcessCommand>('child') },
  actions: {
    endInput: sendTo('child', { type: 'process.end_input' }),
    terminate: sendTo('child', { type: 'process.terminate' }),
    kill: sendTo('child', { type: 'process.kill' }),
    /** Tells the parent that the process can do its work; provided by whoever is the parent. */
    announceReady: () => {},
    /** Tells the parent that the process is gone and a replacement is on its way. */
    announceLost: (_args, _params: { reason: string }) => {},
    keepReason: assign({ reason: (_, params: { reason: string }) => params.reason }),
    keepRefusal: assign({ reason: ({ context, event }) => ('reason' in event ? event.reason : context.reason) }),
    keepRung: assign({ rung: (_, params: { rung: ProcessOutput['rung'] }) => params.rung }),
    keepOutcome: assign({ outcome: (_, params: { outcome: ProcessOutput['outcome'] }) => params.outcome }),
    keepExit: assign(({ event }) =>
      event.type === 'process.exited' ? { code: event.code, signal: event.signal } : {},
    ),
    countCrash: assign({
      crashesAtMs: ({ context, event }) =>
        event.type === 'process.exited'
          ? recordCrash(context.crashesAtMs, event.atMs, context.restart)
          : context.crashesAtMs,
    }),
  },
  guards: {
    isRestartAllowed: ({ context }) => mayRestart(context.crashesAtMs, context.restart),
  },
  delays: {
    startTimeout: ({ context }) => context.timing.startTimeoutMs,
    endTimeout: ({ context }) => context.timing.endTimeoutMs,
    terminateTimeout: ({ context }) => context.timing.terminateTimeoutMs,
    killTimeout: ({ context }) => context.timing.killTimeoutMs,
    backoff: ({ context }) => backoffMs(context.crashesAtMs, context.restart),
  },
});

export const processMachine = processSetup.createMachine({
  id: 'process',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    timing: input.timing,
    restart: input.restart,
    crashesAtMs: [],
    code: null,
    signal: null,
    reason: null,
    rung: 'none',
    outcome: 'exited',
  }),
  initial: 'up',
  states: {
    up: {
      invoke: {
        id: 'child',
        src: 'child',
        onError: { target: 'failed', actions: { type: 'keepReason', params: { reason: 'actor_error' } } },
      },
      initial: 'starting',
      on: {
        'process.refused': { target: 'failed', actions: 'keepRefusal' },
      },
      states: {
        starting: {
          on: {
            'process.ready': { target: 'running', actions: 'announceReady' },
            'process.exited': { target: '#process.crashed', actions: ['keepExit', 'countCrash'] },
            'process.stalled': { target: 'evicting', actions: { type: 'keepReason', params: { reason: 'stalled' } } },
            'process.renew': 'renewing',
            'process.stop': 'ending',
          },
          after: {
            startTimeout: { target: 'evicting', actions: { type: 'keepReason', params: { reason: 'start_timeout' } } },
          },
        },
        running: {
          on: {
            'process.exited': {
              target: '#process.crashed',
              actions: ['keepExit', 'countCrash', { type: 'announceLost', params: { reason: 'exited' } }],
            },
            'process.stalled': {
              target: 'evicting',
              actions: [
                { type: 'keepReason', params: { reason: 'stalled' } },
                { type: 'announceLost', params: { reason: 'stalled' } },
              ],
            },
            'process.outgrown': {
              target: 'evicting',
              actions: [
                { type: 'keepReason', params: { reason: 'outgrown' } },
                { type: 'announceLost', params: { reason: 'outgrown' } },
              ],
            },
            'process.renew': 'renewing',
            'process.stop': 'ending',
          },
        },
        renewing: {
          entry: 'endInput',
          on: {
            'process.exited': { target: '#process.up', reenter: true, actions: 'keepExit' },
            'process.stop': 'ending',
          },
          after: { endTimeout: 'evicting' },
        },
        evicting: {
          entry: 'kill',
          on: {
            'process.exited': { target: '#process.crashed', actions: ['keepExit', 'countCrash'] },
            'process.stop': 'killing',
          },
          after: { killTimeout: '#process.abandoned' },
        },
        ending: {
          tags: 'stopping',
          entry: ['endInput', { type: 'keepRung', params: { rung: 'ending' } }],
          on: {
            'process.exited': { target: '#process.exited', actions: 'keepExit' },
            'process.refused': '#process.exited',
          },
          after: { endTimeout: 'terminating' },
        },
        terminating: {
          tags: 'stopping',
          entry: ['terminate', { type: 'keepRung', params: { rung: 'terminating' } }],
          on: { 'process.exited': { target: '#process.exited', actions: 'keepExit' } },
          after: { terminateTimeout: 'killing' },
        },
        killing: {
          tags: ['stopping', 'forced'],
          entry: ['kill', { type: 'keepRung', params: { rung: 'killing' } }],
          on: { 'process.exited': { target: '#process.exited', actions: 'keepExit' } },
          after: { killTimeout: '#process.abandoned' },
        },
      },
    },
    crashed: {
      always: [
        { guard: 'isRestartAllowed', target: 'backoff' },
        { target: 'failed', actions: { type: 'keepReason', params: { reason: 'restart_intensity' } } },
      ],
    },
    backoff: {
      on: { 'process.stop': 'exited' },
      after: { backoff: 'up' },
    },
    exited: { type: 'final' },
    failed: { type: 'final', entry: { type: 'keepOutcome', params: { outcome: 'failed' } } },
    abandoned: { type: 'final', tags: 'forced', entry: { type: 'keepOutcome', params: { outcome: 'abandoned' } } },
  },
  output: ({ context }) => ({
    outcome: context.outcome,
    rung: context.rung,
    code: context.code,
    signal: context.signal,
    reason: context.reason,
  }),
});
