/**
 * Which engine has a session's audio: Gladia, or the built-in engine while Gladia refuses or is away too long.
 *
 * `engine` gives the audio to one of them at a time; whatever has not been said is heard by the one that has it. `cloud`
 * knows whether Gladia's chart still lives, so that the end waits for its ladder.
 */
import { raise, sendParent, sendTo, setup, stateIn } from 'xstate';
import type { CloudDismissal, CloudFact, TranscriberCommand, TranscriberFact } from './events.ts';
import { gladiaMachine } from './gladia.ts';
import type { GladiaTiming } from './gladia-setup.ts';
import { callbackSlot } from './slots.ts';

/** Deadlines of the choice, in milliseconds. */
export interface TranscriptionTiming {
  gladia: GladiaTiming;
  /** How long Gladia may be away before the built-in engine takes over. */
  outageTimeoutMs: number;
  /** The same while the session ends. */
  finishOutageTimeoutMs: number;
  /** How long the end waits for Gladia's ladder after the last words. */
  leaveTimeoutMs: number;
}

export interface TranscriptionInput {
  timing: TranscriptionTiming;
  /** Can the built-in engine take over? */
  hasFallback: boolean;
}

const transcriptionSetup = setup({
  types: {
    context: {} as TranscriptionInput,
    events: {} as CloudFact | CloudDismissal | TranscriberFact | TranscriberCommand,
    input: {} as TranscriptionInput,
    children: {} as { cloud: 'cloud'; local: 'local' },
    tags: {} as 'stopping',
  },
  actors: { cloud: gladiaMachine, local: callbackSlot<TranscriberCommand>('local') },
  actions: {
    /** Gladia neither gets nor says anything of this session. Provided. */
    holdCloud: () => {},
    /** The audio that has not been said is Gladia's again. Provided. */
    releaseCloud: () => {},
    announceReady: sendParent({ type: 'transcriber.ready' }),
    announceLost: sendParent((_, params: { cause: string }) => ({ type: 'transcriber.lost', cause: params.cause })),
    announceFinished: sendParent({ type: 'transcriber.finished' }),
    announceFailed: sendParent((_, params: { reason: string }) => ({
      type: 'transcriber.failed',
      code: 'transcriber_failed',
      reason: params.reason,
    })),
    finishCloud: sendTo('cloud', { type: 'gladia.finish' }),
    quitCloud: sendTo('cloud', { type: 'gladia.give_up' }),
    finishLocal: sendTo('local', { type: 'transcriber.finish' }),
  },
  guards: {
    hasFallback: ({ context }) => context.hasFallback,
    isCloudGone: stateIn('#cloudGone'),
  },
  delays: {
    outageTimeout: ({ context }) => context.timing.outageTimeoutMs,
    finishOutageTimeout: ({ context }) => context.timing.finishOutageTimeoutMs,
    leaveTimeout: ({ context }) => context.timing.leaveTimeoutMs,
  },
});

const failed = {
  type: 'announceFailed',
  params: ({ event }: { event: Extract<CloudFact, { type: 'cloud.failed' }> }) => ({ reason: event.reason }),
} as const;

const engine = transcriptionSetup.createStateConfig({
  initial: 'gladia',
  states: {
    gladia: {
      initial: 'resting',
      on: {
        'cloud.failed': [
          { guard: 'hasFallback', target: 'local' },
          { target: 'over', actions: failed },
        ],
        'transcriber.finish': 'ending',
      },
      states: {
        resting: { on: { 'cloud.calling': 'away' } },
        away: {
          on: {
            'cloud.ready': 'streaming',
            'cloud.lost': {
              actions: { type: 'announceLost', params: ({ event }) => ({ cause: event.cause }) },
            },
          },
          after: { outageTimeout: { guard: 'hasFallback', target: '#local' } },
        },
        streaming: {
          entry: 'announceReady',
          on: {
            'cloud.calling': 'away',
            'cloud.lost': {
              target: 'away',
              actions: { type: 'announceLost', params: ({ event }) => ({ cause: event.cause }) },
            },
          },
        },
      },
    },
    ending: {
      tags: 'stopping',
      entry: 'finishCloud',
      initial: 'listening',
      on: {
        'cloud.finished': { target: 'over', actions: 'announceFinished' },
        'cloud.failed': [
          { guard: 'hasFallback', target: '#localFinishing' },
          { target: 'over', actions: failed },
        ],
      },
      states: {
        listening: { on: { 'cloud.lost': 'away' } },
        away: {
          on: { 'cloud.ready': 'listening' },
          after: { finishOutageTimeout: { guard: 'hasFallback', target: '#localFinishing' } },
        },
      },
    },
    local: {
      id: 'local',
      entry: 'holdCloud',
      invoke: {
        id: 'local',
        src: 'local',
        onError: { target: 'over', actions: { type: 'announceFailed', params: { reason: 'actor_error' } } },
      },
      initial: 'listening',
      on: {
        'transcriber.ready': { actions: 'announceReady' },
        'transcriber.lost': {
          actions: { type: 'announceLost', params: ({ event }) => ({ cause: event.cause }) },
        },
        'transcriber.failed': {
          target: 'over',
          actions: { type: 'announceFailed', params: ({ event }) => ({ reason: event.reason }) },
        },
      },
      states: {
        listening: {
          on: {
            'cloud.ready': { target: '#engine.gladia.streaming', actions: 'releaseCloud' },
            'transcriber.finish': 'finishing',
          },
        },
        finishing: {
          id: 'localFinishing',
          tags: 'stopping',
          entry: [raise({ type: 'cloud.dismiss' }), 'finishLocal'],
          on: { 'transcriber.finished': '#leaving' },
        },
      },
    },
    leaving: {
      id: 'leaving',
      tags: 'stopping',
      always: { guard: 'isCloudGone', target: 'over', actions: 'announceFinished' },
      after: { leaveTimeout: { target: 'over', actions: 'announceFinished' } },
    },
    over: { type: 'final' },
  },
});

export const transcriptionMachine = transcriptionSetup.createMachine({
  id: 'transcription',
  options: { maxIterations: 1000 },
  context: ({ input }) => input,
  type: 'parallel',
  states: {
    engine: { id: 'engine', ...engine },
    cloud: {
      initial: 'alive',
      states: {
        alive: {
          invoke: {
            id: 'cloud',
            src: 'cloud',
            input: ({ context }) => ({ timing: context.timing.gladia }),
            onDone: 'gone',
            onError: 'gone',
          },
          on: { 'cloud.dismiss': { actions: 'quitCloud' } },
        },
        gone: { id: 'cloudGone', type: 'final' },
      },
    },
  },
});
