/**
 * The built-in engine of the server, over as many restart budgets as it takes.
 *
 * Its process is replaced within its budget by `process.ts`. When that budget is spent the sessions that listen to the
 * engine fail, and the server stays: it is not ready, says why, and after a rest the engine has a new budget. Only an engine that
 * was never ready is given up: then it is the installation that is broken.
 */
import { assign, sendParent, sendTo, setup, stateIn } from 'xstate';
import type { EngineFact, EngineRequest } from './events.ts';
import { processMachine } from './process.ts';
import type { ProcessInput } from './process.ts';

export interface EngineInput {
  process: ProcessInput;
  /** From the end of one budget to the next, in milliseconds. */
  restMs: number;
}

export interface EngineContext extends EngineInput {
  /** Why the process failed last. */
  reason: string | null;
  outcome: EngineOutput['outcome'];
}

export interface EngineOutput {
  /** `failed`: it was never ready. */
  outcome: 'exited' | 'failed';
  reason: string | null;
}

/** The engine's process, telling the engine chart about its runs. */
export const engineProcessMachine = processMachine.provide({
  actions: {
    announceReady: sendParent({ type: 'engine.ready' }),
    announceLost: sendParent((_, params: { reason: string }) => ({ type: 'engine.lost', reason: params.reason })),
  },
});

const engineSetup = setup({
  types: {
    context: {} as EngineContext,
    events: {} as EngineFact | EngineRequest,
    input: {} as EngineInput,
    output: {} as EngineOutput,
    children: {} as { process: 'process' },
    tags: {} as 'stopping' | 'down',
  },
  actors: { process: engineProcessMachine },
  actions: {
    stopProcess: sendTo('process', { type: 'process.stop' }),
    /** The engine takes audio (again). Provided. */
    announceServing: () => {},
    /** A process has died or hung; the next is on its way. Provided. */
    announceReplacing: (_args, _params: { reason: string }) => {},
    /** The budget is spent: whoever listens to the engine must be told. Provided. */
    announceDown: (_args, _params: { reason: string }) => {},
    keepReason: assign({ reason: (_, params: { reason: string | null }) => params.reason }),
    keepFailure: assign({ outcome: 'failed' }),
  },
  guards: {
    isStopping: stateIn({ up: 'stopping' }),
    wasNeverReady: stateIn({ up: 'loading' }),
  },
  delays: { rest: ({ context }) => context.restMs },
});

export const engineMachine = engineSetup.createMachine({
  id: 'engine',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, reason: null, outcome: 'exited' }),
  initial: 'up',
  states: {
    up: {
      invoke: {
        id: 'process',
        src: 'process',
        input: ({ context }) => context.process,
        onDone: [
          { guard: 'isStopping', target: 'ended' },
          {
            guard: 'wasNeverReady',
            target: 'failed',
            actions: { type: 'keepReason', params: ({ event }) => ({ reason: event.output.reason }) },
          },
          {
            target: 'resting',
            actions: { type: 'keepReason', params: ({ event }) => ({ reason: event.output.reason }) },
          },
        ],
        onError: [
          { guard: 'isStopping', target: 'ended' },
          { target: 'resting', actions: { type: 'keepReason', params: { reason: 'actor_error' } } },
        ],
      },
      initial: 'loading',
      states: {
        loading: { on: { 'engine.ready': 'serving' } },
        serving: {
          entry: 'announceServing',
          on: {
            'engine.lost': {
              target: 'replacing',
              actions: { type: 'announceReplacing', params: ({ event }) => ({ reason: event.reason }) },
            },
          },
        },
        replacing: { on: { 'engine.ready': 'serving' } },
        reviving: { tags: 'down', on: { 'engine.ready': 'serving' } },
        stopping: { tags: 'stopping', entry: 'stopProcess' },
      },
      on: { 'engine.stop': '.stopping' },
    },
    resting: {
      tags: 'down',
      entry: { type: 'announceDown', params: ({ context }) => ({ reason: context.reason ?? 'it ended' }) },
      on: { 'engine.stop': 'ended' },
      after: { rest: 'up.reviving' },
    },
    ended: { type: 'final' },
    failed: { type: 'final', tags: 'down', entry: 'keepFailure' },
  },
  output: ({ context: { outcome, reason } }) => ({ outcome, reason }),
});
