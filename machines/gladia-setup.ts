/** What the Gladia chart is made of: its context, deadlines, actor slots, effects and guards. */
import { assign, sendParent, sendTo, setup, stateIn } from 'xstate';
import type { GladiaAudioFact, GladiaRequest, GladiaSocketCommand, GladiaSocketFact } from './events.ts';
import {
  initiateBackoffMs,
  isAddressDead,
  isSessionOver,
  redialBackoffMs,
  ATTEMPTS_MAX,
  REDIALS_MAX,
  refusalOf,
} from './gladia-policy.ts';
import { callbackSlot, promiseSlot } from './slots.ts';

/** Deadlines of a session at Gladia, in milliseconds. */
export interface GladiaTiming {
  /** For the answer to the request of a session. */
  initiateTimeoutMs: number;
  /** For the WebSocket handshake. */
  openTimeoutMs: number;
  /** For the acknowledgement of the first chunk after a reconnect. */
  probeTimeoutMs: number;
  /** A connection this old is a good one: the next loss begins with a short rest. */
  healthyAfterMs: number;
  /** Age at which a session is replaced, below Gladia's own limit of three hours. */
  sessionLimitMs: number;
  /** From `stop_recording` until Gladia must have said everything. */
  stopTimeoutMs: number;
  /** For the result request, when the end could not be heard. */
  resultTimeoutMs: number;
  /** SOCKET_CLOSE_MS: from the close frame until the socket is destroyed. */
  closeTimeoutMs: number;
  /** From there until it is given up. */
  terminateTimeoutMs: number;
  /** For all of the end, from `gladia.finish` until it goes without the rest. */
  finishTimeoutMs: number;
}

export interface GladiaInput {
  timing: GladiaTiming;
}

export interface GladiaContext extends GladiaInput {
  /** Losses and refusals in a row, without a healthy connection between them. */
  attempts: number;
  /** What Gladia asked to wait, in milliseconds. */
  retryAfterMs: number | null;
  /** Why the engine is away or has failed. */
  reason: string;
}

type GladiaEvent = GladiaSocketFact | GladiaAudioFact | GladiaRequest;

export const gladiaSetup = setup({
  types: {
    context: {} as GladiaContext,
    events: {} as GladiaEvent,
    input: {} as GladiaInput,
    children: {} as { initiate: 'initiate'; socket: 'socket'; result: 'result' },
    tags: {} as 'stopping' | 'forced',
  },
  actors: {
    /** Asks for a session; its error carries a `GladiaRefusal`. */
    initiate: promiseSlot<void>('initiate'),
    socket: callbackSlot<GladiaSocketCommand>('socket'),
    /** Fetches what was said, for the end that a drop has cost, and puts it into the transcript. */
    result: promiseSlot<void>('result'),
  },
  actions: {
    /** Have `gladia.audio_waiting` or `gladia.audio_over` told, once. Provided. */
    awaitAudio: () => {},
    /** The session that was asked for begins: its clock is at 0. Provided. */
    beginSession: () => {},
    /** The utterance that is open is for the next session to hear, from its beginning. Provided. */
    retireSession: () => {},
    /** Everything has been said: what is open becomes final, the audio is accounted for. Provided. */
    completeSession: () => {},
    /** The same where only the result was heard: of what Gladia had received. Provided. */
    completeReceived: () => {},
    stopRecording: sendTo('socket', { type: 'gladia.stop_recording' }),
    close: sendTo('socket', { type: 'gladia.close', resumable: false }),
    terminate: sendTo('socket', { type: 'gladia.terminate' }),
    announceCalling: sendParent({ type: 'cloud.calling' }),
    announceReady: sendParent({ type: 'cloud.ready' }),
    announceLost: sendParent(({ context }) => ({ type: 'cloud.lost', cause: context.reason })),
    announceFailed: sendParent(({ context }) => ({ type: 'cloud.failed', reason: context.reason })),
    announceFinished: sendParent({ type: 'cloud.finished' }),
    countAttempt: assign({ attempts: ({ context }) => Math.min(context.attempts + 1, ATTEMPTS_MAX) }),
    keepHealth: assign({ attempts: 0, retryAfterMs: null }),
    keepRefusal: assign((_, params: { error: unknown }) => {
      const { reason, retryAfterMs } = refusalOf(params.error);
      return { reason, retryAfterMs: retryAfterMs ?? null };
    }),
    keepReason: assign({
      reason: ({ event, context }) => {
        if (event.type === 'gladia.closed') return `closed_${event.code}`;
        if (event.type === 'gladia.refused') return `handshake_${event.status}`;
        return event.type === 'gladia.stalled' ? event.cause : context.reason;
      },
    }),
    keepCause: assign({ reason: (_, params: { cause: string }) => params.cause }),
  },
  guards: {
    isFinishing: stateIn({ active: { wish: 'finishing' } }),
    isGivenUp: stateIn({ active: { wish: 'givenUp' } }),
    isRefused: (_, params: { error: unknown }) => refusalOf(params.error).kind === 'refused',
    isSessionOver: ({ event }) =>
      (event.type === 'gladia.closed' && isSessionOver(event.code)) ||
      (event.type === 'gladia.refused' && isAddressDead(event.status)),
    hasBeenRefused: stateIn('#linkRefused'),
    isWellClosed: ({ event }) => event.type === 'gladia.closed' && event.code === 1000,
    isRedialSpent: ({ context }) => context.attempts >= REDIALS_MAX,
  },
  delays: {
    initiateTimeout: ({ context }) => context.timing.initiateTimeoutMs,
    openTimeout: ({ context }) => context.timing.openTimeoutMs,
    probeTimeout: ({ context }) => context.timing.probeTimeoutMs,
    healthyAfter: ({ context }) => context.timing.healthyAfterMs,
    sessionLimit: ({ context }) => context.timing.sessionLimitMs,
    stopTimeout: ({ context }) => context.timing.stopTimeoutMs,
    resultTimeout: ({ context }) => context.timing.resultTimeoutMs,
    closeTimeout: ({ context }) => context.timing.closeTimeoutMs,
    terminateTimeout: ({ context }) => context.timing.terminateTimeoutMs,
    finishTimeout: ({ context }) => context.timing.finishTimeoutMs,
    /** Provided with jitter. */
    initiateBackoff: ({ context }) => initiateBackoffMs(context.attempts, context.retryAfterMs),
    /** Provided with jitter. */
    redialBackoff: ({ context }) => redialBackoffMs(context.attempts),
  },
});
