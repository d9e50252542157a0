/**
 * The server's own language-model caller of one session (`AI_MODE=server`).
 *
 * It waits for finals, calls, rests, and waits again; one call at a time. A failed call is tried again after a rest, a
 * refusal leaves the endpoint alone for longer, a spent budget ends the calling and nothing else. What is said and
 * answered is the data plane's (`actors/insights/`); captions never wait for any of it.
 */
import { assign, sendTo, setup } from 'xstate';
import type { CallFault, FinalsFact, InsightsRequest, ModelCallCommand, ModelCallFact } from './ai-events.ts';
import { callBackoffMs, isRefusal, mayCallAgain } from './insights-policy.ts';
import { callbackSlot } from './slots.ts';

/** Deadlines and rests of the caller, in milliseconds. */
export interface InsightsTiming {
  /** AI_INTERVAL_MS: from the end of a call until the next may be due. */
  intervalMs: number;
  /** AI_CALL_TIMEOUT_MS: from the request until its answer must be complete. */
  callTimeoutMs: number;
  /** From giving a call up until it is dropped. */
  abortTimeoutMs: number;
  /** How long an endpoint that refused is left alone. */
  refusalRestMs: number;
}

export interface InsightsInput {
  timing: InsightsTiming;
  /** AI_SESSION_CALLS_MAX. */
  callsMax: number;
  /** AI_SESSION_TOKENS_MAX, of prompts and answers together. */
  tokensMax: number;
}

export interface InsightsContext extends InsightsInput {
  /** Requests so far. */
  calls: number;
  tokens: number;
  /** Failed calls of the insight that is being made. */
  attempts: number;
  /** What the endpoint asked to wait, in milliseconds. */
  retryAfterMs: number | null;
}

const insightsSetup = setup({
  types: {
    context: {} as InsightsContext,
    events: {} as FinalsFact | ModelCallFact | InsightsRequest,
    input: {} as InsightsInput,
    children: {} as { lease: 'lease'; finals: 'finals'; call: 'call' },
    tags: {} as 'stopping' | 'forced',
  },
  actors: {
    /** Keeps the AI lease of the session. */
    lease: callbackSlot('lease'),
    /** Tells `insight.due`, at once when the lease is held and there are finals enough already. */
    finals: callbackSlot('finals'),
    /** One call: waits for its turn, asks, checks, stores. */
    call: callbackSlot<ModelCallCommand>('call'),
  },
  actions: {
    abortLate: sendTo('call', { type: 'call.abort', cause: 'timeout' }),
    abortStopped: sendTo('call', { type: 'call.abort', cause: 'stopped' }),
    countCall: assign({ calls: ({ context }) => context.calls + 1 }),
    countCost: assign({
      tokens: ({ context, event }) =>
        'cost' in event ? context.tokens + event.cost.promptTokens + event.cost.completionTokens : context.tokens,
    }),
    countAttempt: assign({
      attempts: ({ context }) => context.attempts + 1,
      retryAfterMs: ({ event }) => (event.type === 'call.failed' ? event.retryAfterMs : null),
    }),
    forgetAttempts: assign({ attempts: 0, retryAfterMs: null }),
    /** The insight is given up; what its finals were is not told to the next when the answer was at fault. Provided. */
    dropInsight: (_args, _params: { cause: CallFault }) => {},
    /** The budget of the session is spent. Provided. */
    announceSpent: () => {},
  },
  guards: {
    isSpent: ({ context }) => context.calls >= context.callsMax || context.tokens >= context.tokensMax,
    isRefused: ({ event }) => event.type === 'call.failed' && isRefusal(event.cause),
    mayCallAgain: ({ context, event }) =>
      event.type === 'call.failed' && mayCallAgain(event.cause, context.attempts + 1),
  },
  delays: {
    interval: ({ context }) => context.timing.intervalMs,
    callTimeout: ({ context }) => context.timing.callTimeoutMs,
    abortTimeout: ({ context }) => context.timing.abortTimeoutMs,
    refusalRest: ({ context }) => context.timing.refusalRestMs,
    /** Provided with jitter. */
    callBackoff: ({ context }) => callBackoffMs(context.attempts, context.retryAfterMs),
  },
});

const drop = {
  type: 'dropInsight',
  params: ({ event }: { event: { cause: CallFault } }) => ({ cause: event.cause }),
} as const;

const calling = insightsSetup.createStateConfig({
  invoke: { id: 'call', src: 'call', onError: 'resting' },
  initial: 'queued',
  on: {
    'call.stored': { target: 'resting', actions: 'countCost' },
    'call.failed': [
      { guard: 'isRefused', target: 'refused', actions: ['countCost', drop] },
      { guard: 'mayCallAgain', target: 'backingOff', actions: ['countCost', 'countAttempt'] },
      { target: 'resting', actions: ['countCost', drop] },
    ],
  },
  states: {
    queued: { on: { 'call.started': { target: 'requesting', actions: 'countCall' }, 'insights.stop': 'leaving' } },
    requesting: { on: { 'insights.stop': 'leaving' }, after: { callTimeout: 'aborting' } },
    aborting: {
      entry: 'abortLate',
      on: { 'insights.stop': 'leaving' },
      after: { abortTimeout: { target: '#insights.resting' } },
    },
    leaving: {
      tags: 'stopping',
      entry: 'abortStopped',
      on: { 'call.stored': '#insights.stopped', 'call.failed': '#insights.stopped', 'call.started': {} },
      after: { abortTimeout: '#insights.stopped' },
    },
  },
});

export const insightsMachine = insightsSetup.createMachine({
  id: 'insights',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, calls: 0, tokens: 0, attempts: 0, retryAfterMs: null }),
  invoke: { id: 'lease', src: 'lease', onError: '.stopped' },
  initial: 'listening',
  states: {
    listening: {
      entry: 'forgetAttempts',
      invoke: { id: 'finals', src: 'finals', onError: 'stopped' },
      always: { guard: 'isSpent', target: 'spent' },
      on: { 'insight.due': 'calling', 'insights.stop': 'stopped' },
    },
    calling,
    backingOff: {
      on: { 'insights.stop': 'stopped' },
      after: { callBackoff: [{ guard: 'isSpent', target: 'spent' }, { target: 'calling' }] },
    },
    resting: { on: { 'insights.stop': 'stopped' }, after: { interval: 'listening' } },
    refused: { on: { 'insights.stop': 'stopped' }, after: { refusalRest: 'listening' } },
    spent: { entry: 'announceSpent', on: { 'insights.stop': 'stopped' } },
    stopped: { type: 'final' },
  },
});
