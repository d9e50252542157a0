/**
 * One run of one stream name: the root of its own actor system.
 *
 * Publisher, decoder (ffmpeg), transcriber, viewers and the AI lease live in regions beside `phase`, which sequences the
 * end: audio is ended and drained, the transcriber delivers its last finals, the ledger is settled and `session_end`
 * announced, the viewers are closed. A child is invoked by a state that spans running and stopping, and every region ends in a final
 * state of its own; `phase` only waits for them. One deadline (`finalizeTimeout`) bounds the last words.
 */
import { not, raise, stateIn } from 'xstate';
import type { InsightsInput } from './insights.ts';
import { sessionSetup } from './session-setup.ts';

const phase = sessionSetup.createStateConfig({
  initial: 'running',
  states: {
    running: {
      tags: 'accepting',
      on: {
        'session.stop': {
          target: 'finalizing',
          actions: { type: 'keepEndReason', params: ({ event }) => ({ reason: event.reason }) },
        },
        'publisher.ended': {
          target: 'finalizing',
          actions: { type: 'keepEndReason', params: { reason: 'publisher_ended' } },
        },
      },
      always: [
        {
          guard: 'isDecoderFailed',
          target: 'finalizing',
          actions: { type: 'keepEndReason', params: { reason: 'decoder_failed' } },
        },
        {
          guard: 'isTranscriberFailed',
          target: 'finalizing',
          actions: { type: 'keepEndReason', params: { reason: 'transcriber_failed' } },
        },
      ],
    },
    finalizing: {
      tags: 'stopping',
      initial: 'endingAudio',
      after: { finalizeTimeout: 'closing' },
      states: {
        endingAudio: {
          entry: raise({ type: 'audio.end' }),
          always: { guard: 'isDecoderEnded', target: 'finishingTranscript' },
          after: { audioEndTimeout: 'finishingTranscript' },
        },
        finishingTranscript: {
          entry: ['sealAudio', raise({ type: 'transcript.finish' })],
          always: { guard: 'isTranscriptEnded', target: '#closing' },
        },
      },
    },
    closing: {
      id: 'closing',
      tags: 'stopping',
      entry: [
        'sealAudio',
        'settleLedger',
        { type: 'announceEnd', params: ({ context }) => ({ reason: context.endReason ?? 'failed' }) },
        raise({ type: 'transcript.drop' }),
        raise({ type: 'audience.dismiss' }),
      ],
      always: { guard: 'isAudienceGone', target: 'done' },
    },
    done: { type: 'final' },
  },
});

const publisher = sessionSetup.createStateConfig({
  initial: 'awaiting',
  states: {
    awaiting: { on: { 'publisher.attached': 'live', 'audio.end': 'gone' } },
    live: {
      // Without its watch the audio counts as flowing: that is no reason to end a broadcast.
      invoke: { id: 'audio', src: 'audio', onError: '.flowing' },
      initial: 'flowing',
      states: {
        flowing: { on: { 'audio.paused': 'pausing' } },
        pausing: { on: { 'audio.flowing': 'flowing' }, after: { audioSilence: 'silent' } },
        silent: {
          entry: 'reportSilence',
          exit: { type: 'reportSilenceOver', params: ({ event }) => ({ isAudioBack: event.type === 'audio.flowing' }) },
          on: { 'audio.flowing': 'flowing' },
        },
      },
      on: { 'publisher.lost': 'lost', 'audio.end': 'gone' },
    },
    lost: {
      on: { 'publisher.attached': 'live', 'audio.end': 'gone' },
      after: { publisherGrace: { actions: raise({ type: 'session.stop', reason: 'publisher_timeout' }) } },
    },
    gone: { type: 'final', entry: 'disconnectPublisher' },
  },
});

const decoder = sessionSetup.createStateConfig({
  initial: 'idle',
  states: {
    idle: { on: { 'publisher.attached': 'up', 'audio.end': 'ended' } },
    up: {
      invoke: {
        id: 'decoder',
        src: 'decoder',
        input: ({ context }) => context.decoder,
        onDone: [{ guard: ({ event }) => event.output.outcome === 'exited', target: 'ended' }, { target: 'failed' }],
        onError: 'failed',
      },
      initial: 'starting',
      states: {
        starting: { on: { 'decoder.ready': 'decoding' } },
        decoding: { on: { 'decoder.lost': 'replacing' } },
        replacing: { on: { 'decoder.ready': 'decoding' } },
        ending: { entry: 'stopDecoder' },
      },
      on: { 'audio.format_changed': { actions: 'renewDecoder' }, 'audio.end': '.ending' },
    },
    failed: { id: 'decoderFailed', always: { guard: not(stateIn({ active: { phase: 'running' } })), target: 'ended' } },
    ended: { id: 'decoderEnded', type: 'final' },
  },
});

const transcriber = sessionSetup.createStateConfig({
  initial: 'up',
  states: {
    up: {
      invoke: { id: 'transcriber', src: 'transcriber', onError: 'failed' },
      initial: 'connecting',
      states: {
        connecting: { on: { 'transcriber.ready': 'streaming', 'transcriber.lost': 'lost' } },
        streaming: { on: { 'transcriber.lost': 'lost' } },
        lost: { on: { 'transcriber.ready': 'streaming' } },
        finishing: { entry: 'finishTranscript', on: { 'transcriber.finished': '#transcriptEnded' } },
      },
      on: { 'transcriber.failed': 'failed', 'transcript.finish': '.finishing', 'transcript.drop': 'ended' },
    },
    failed: {
      id: 'transcriberFailed',
      always: { guard: not(stateIn({ active: { phase: 'running' } })), target: 'ended' },
    },
    ended: { id: 'transcriptEnded', type: 'final' },
  },
});

const audience = sessionSetup.createStateConfig({
  initial: 'attending',
  states: {
    attending: {
      invoke: {
        id: 'viewers',
        src: 'viewers',
        input: ({ context }) => ({ timing: context.viewers }),
        onDone: 'gone',
        onError: 'gone',
      },
      on: { 'audience.dismiss': { actions: 'dismissViewers' } },
    },
    gone: { id: 'audienceGone', type: 'final' },
  },
});

/** Who may call the language model; captions do not depend on it. */
const ai = sessionSetup.createStateConfig({
  initial: 'serving',
  states: {
    serving: {
      invoke: {
        id: 'aiLease',
        src: 'aiLease',
        input: ({ context }) => context.aiLease,
        onDone: 'over',
        onError: 'over',
      },
      on: { 'audience.dismiss': { actions: 'closeAiLease' } },
    },
    over: { type: 'final' },
  },
});

/** The server's own caller of a language model, where it is asked for; nothing waits for it but the very end. */
const insights = sessionSetup.createStateConfig({
  initial: 'choosing',
  states: {
    choosing: { always: [{ guard: 'hasInsights', target: 'making' }, { target: 'over' }] },
    making: {
      invoke: {
        id: 'insights',
        src: 'insights',
        input: ({ context }) => context.insights as InsightsInput,
        onDone: 'over',
        onError: 'over',
      },
      on: { 'audience.dismiss': { actions: 'stopInsights' } },
    },
    over: { type: 'final' },
  },
});

export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, endReason: null }),
  initial: 'active',
  states: {
    active: {
      type: 'parallel',
      states: { phase, publisher, decoder, transcriber, audience, ai, insights },
      onDone: [{ guard: 'hasFailed', target: 'failed' }, { target: 'closed' }],
    },
    closed: { type: 'final' },
    failed: { type: 'final' },
  },
  output: ({ context }) => ({ reason: context.endReason ?? 'failed' }),
});
