/**
 * What the session chart is made of: its context, deadlines, actor slots, effects and guards.
 *
 * Effects are empty here and come in through `.provide()`; slots throw when they are not filled.
 */
import { assign, sendParent, sendTo, setup, stateIn } from 'xstate';
import type { EventObject } from 'xstate';
import { aiLeaseMachine } from './ai-lease.ts';
import type { AiLeaseInput } from './ai-lease.ts';
import type {
  DecoderFact,
  EndReason,
  SessionEvent,
  SessionSignal,
  TranscriberCommand,
  TranscriberFact,
} from './events.ts';
import { insightsMachine } from './insights.ts';
import type { InsightsInput } from './insights.ts';
import { processMachine } from './process.ts';
import type { ProcessTiming } from './process.ts';
import type { RestartPolicy } from './restart.ts';
import { callbackSlot } from './slots.ts';
import { viewersMachine } from './viewers.ts';
import type { ViewersTiming } from './viewers.ts';

/** Deadlines of a session, in milliseconds. */
export interface SessionTiming {
  /** How long a pause of a connected publisher's audio may last before it is reported. */
  audioSilenceMs: number;
  /** How long a lost publisher may take to return. */
  publisherGraceMs: number;
  /** How long ffmpeg may take to hand over its last PCM before the transcriber is asked to finish without it. */
  audioEndTimeoutMs: number;
  /** How long the last words may take altogether, from the stop until `session_end`. */
  finalizeTimeoutMs: number;
  /** The same when the server drains. */
  drainFinalizeTimeoutMs: number;
}

export interface SessionInput {
  timing: SessionTiming;
  decoder: { timing: ProcessTiming; restart: RestartPolicy };
  viewers: ViewersTiming;
  aiLease: AiLeaseInput;
  /** Of the server's own caller; null without one. */
  insights: InsightsInput | null;
  /** Close code and reason for viewers when the session ends with `server_draining`. */
  drainClose: { code: number; reason: string };
}

export interface SessionContext extends SessionInput {
  /** Why the session ends; null while it runs. */
  endReason: EndReason | null;
}

export interface SessionOutput {
  reason: EndReason;
}

/** ffmpeg's chart, telling the session about its runs. */
export const decoderMachine = processMachine.provide({
  actions: {
    announceReady: sendParent({ type: 'decoder.ready' }),
    announceLost: sendParent((_, params: { reason: string }) => ({ type: 'decoder.lost', reason: params.reason })),
  },
});

/** The session chart's vocabulary: slots, effects, guards and delays by name. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent | SessionSignal | DecoderFact | TranscriberFact,
    input: {} as SessionInput,
    output: {} as SessionOutput,
    children: {} as {
      audio: 'audio';
      decoder: 'decoder';
      transcriber: 'transcriber';
      viewers: 'viewers';
      aiLease: 'aiLease';
    },
    tags: {} as 'accepting' | 'stopping',
  },
  actors: {
    audio: callbackSlot<EventObject>('audio'),
    decoder: decoderMachine,
    transcriber: callbackSlot<TranscriberCommand>('transcriber'),
    viewers: viewersMachine,
    aiLease: aiLeaseMachine,
    insights: insightsMachine,
  },
  actions: {
    keepEndReason: assign({ endReason: (_, params: { reason: EndReason }) => params.reason }),
    /** Tell the operator that a connected publisher sends no audio. Provided. */
    reportSilence: () => {},
    /** Tell the operator that this is over: the audio is back, or its publisher is gone. Provided. */
    reportSilenceOver: (_args, _params: { isAudioBack: boolean }) => {},
    /** Let the publisher's connection go. Provided. */
    disconnectPublisher: () => {},
    /** No PCM will be taken from here on: the chunker is flushed and the ledger ended. Idempotent. Provided. */
    sealAudio: () => {},
    /** Declare what is still un-acknowledged as a gap. Provided. */
    settleLedger: () => {},
    /** Write and broadcast `session_end`. Provided. */
    announceEnd: (_args, _params: { reason: EndReason }) => {},
    stopDecoder: sendTo('decoder', { type: 'process.stop' }),
    renewDecoder: sendTo('decoder', { type: 'process.renew' }),
    finishTranscript: sendTo('transcriber', { type: 'transcriber.finish' }),
    stopInsights: sendTo('insights', { type: 'insights.stop' }),
    closeAiLease: sendTo('aiLease', { type: 'ai.close' }),
    dismissViewers: sendTo('viewers', ({ context }) => ({
      type: 'viewers.end',
      ...(context.endReason === 'server_draining' ? context.drainClose : { code: 1000, reason: 'session_end' }),
    })),
  },
  guards: {
    hasInsights: ({ context }) => context.insights !== null,
    isDecoderEnded: stateIn('#decoderEnded'),
    isDecoderFailed: stateIn('#decoderFailed'),
    isTranscriptEnded: stateIn('#transcriptEnded'),
    isTranscriberFailed: stateIn('#transcriberFailed'),
    isAudienceGone: stateIn('#audienceGone'),
    hasFailed: ({ context }) =>
      context.endReason === 'decoder_failed' ||
      context.endReason === 'transcriber_failed' ||
      context.endReason === 'failed',
  },
  delays: {
    audioSilence: ({ context }) => context.timing.audioSilenceMs,
    publisherGrace: ({ context }) => context.timing.publisherGraceMs,
    audioEndTimeout: ({ context }) => context.timing.audioEndTimeoutMs,
    finalizeTimeout: ({ context: { endReason, timing } }) =>
      endReason === 'server_draining' ? timing.drainFinalizeTimeoutMs : timing.finalizeTimeoutMs,
  },
});
