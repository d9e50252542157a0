/** A session's transcription by Gladia, with the built-in engine as its fallback: charts with their real actors. */
import { setTimeout as pause } from 'node:timers/promises';
import { fromPromise } from 'xstate';
import type { AnyActorLogic } from 'xstate';
import { bindInput, bindMachineInput } from '../actors/bind-input.ts';
import { fetchResult, GladiaApiError, initiate } from '../actors/gladia-api.ts';
import type { GladiaAccount, GladiaSession } from '../actors/gladia-api.ts';
import { gladiaSocket } from '../actors/gladia-socket.ts';
import { endlessBudget } from '../actors/gladia/budget.ts';
import type { CloudBudget } from '../actors/gladia/budget.ts';
import type { GladiaSessionOptions } from '../actors/gladia/init-request.ts';
import { GladiaLink } from '../actors/gladia/link.ts';
import { OpenUtterances } from '../actors/gladia/open-utterances.ts';
import type { ChunkSource, Log, TranscriptSink } from '../actors/ports.ts';
import type { ResourceList } from '../actors/resources.ts';
import { gladiaMachine } from '../machines/gladia.ts';
import { initiateBackoffMs, redialBackoffMs } from '../machines/gladia-policy.ts';
import { transcriptionMachine } from '../machines/transcription.ts';
import type { TranscriptionTiming } from '../machines/transcription.ts';
import { fillSlots } from './fill-slots.ts';

/** What one session takes. */
export interface GladiaTranscriberOptions {
  account: GladiaAccount;
  session: GladiaSessionOptions;
  timing: TranscriptionTiming;
  /** None unless given. */
  budget?: CloudBudget | undefined;
  slug: string;
  source: ChunkSource;
  sink: TranscriptSink;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** From 0 to 1. */
  random: () => number;
  /** The built-in engine's transcriber over this sink; undefined when it cannot take over. */
  fallback: ((sink: TranscriptSink) => AnyActorLogic) | undefined;
}

/** Most that chance adds to a rest, as a share of it, so that sessions do not call together. */
const JITTER = 0.25;
/** Between two looks at a result that Gladia is still at work on. */
const RESULT_LOOK_MS = 500;

/** Deadlines of a session at Gladia, from the options of the same names. */
export function transcriptionTiming(options: { finalizeMs: number; socketCloseMs: number }): TranscriptionTiming {
  const { finalizeMs, socketCloseMs } = options;
  return {
    gladia: {
      initiateTimeoutMs: 10_000,
      openTimeoutMs: 10_000,
      probeTimeoutMs: 2_000,
      healthyAfterMs: 5_000,
      sessionLimitMs: 170 * 60_000,
      stopTimeoutMs: 10_000,
      resultTimeoutMs: 5_000,
      closeTimeoutMs: socketCloseMs,
      terminateTimeoutMs: 500,
      // The end of ffmpeg comes before, the ladder of the socket after.
      finishTimeoutMs: Math.max(500, finalizeMs - 500 - socketCloseMs - 500),
    },
    outageTimeoutMs: 10_000,
    finishOutageTimeoutMs: 2_000,
    leaveTimeoutMs: socketCloseMs + 500,
  };
}

/** The transcriber actor of one session. */
export function gladiaTranscriber(options: GladiaTranscriberOptions): AnyActorLogic {
  const { session, slug, source, sink, log, nowMs, fallback, timing } = options;
  const language = session.languages[0] ?? '';
  const link = new GladiaLink({ slug, language, source, sink, log, nowMs });
  const localSink = new OpenUtterances(sink);
  const machine = fillSlots(transcriptionMachine, {
    actors: { cloud: cloud(options, link), ...(fallback !== undefined && { local: fallback(localSink) as never }) },
    actions: {
      holdCloud: () => {
        log.warn('the built-in engine takes over from Gladia');
        link.hold();
      },
      releaseCloud: () => {
        log.info('Gladia takes the session back');
        localSink.withdraw();
        link.release();
      },
    },
  });
  return bindMachineInput(machine, { timing, hasFallback: fallback !== undefined });
}

function cloud(options: GladiaTranscriberOptions, link: GladiaLink): typeof gladiaMachine {
  const { account, budget = endlessBudget, resources, log, nowMs, random } = options;
  let current: GladiaSession | undefined;
  const withJitter = (ms: number): number => ms * (1 + JITTER * random());
  return fillSlots(gladiaMachine, {
    actors: {
      initiate: fromPromise(async ({ signal }) => {
        current = await begin(options, signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('gladia: no session', { error });
          throw error;
        });
      }),
      socket: bindInput(gladiaSocket, { url: () => current?.url ?? '', link, budget, resources, log, nowMs }),
      result: fromPromise(({ signal }) =>
        recover(account, current?.id ?? '', link, signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('gladia: no result of a session', { error });
          throw error;
        }),
      ),
    },
    actions: {
      awaitAudio: ({ self }) => link.awaitAudio((what) => self.send({ type: `gladia.audio_${what}` })),
      beginSession: () => link.begin(),
      retireSession: () => link.retire(),
      completeSession: () => link.complete('everything'),
      completeReceived: () => link.complete('what was received'),
    },
    delays: {
      initiateBackoff: ({ context }) => withJitter(initiateBackoffMs(context.attempts, context.retryAfterMs)),
      redialBackoff: ({ context }) => withJitter(redialBackoffMs(context.attempts)),
    },
  });
}

/** What is spent is no fault of Gladia's, but is answered like one that no repetition mends. */
async function begin(options: GladiaTranscriberOptions, signal: AbortSignal): Promise<GladiaSession> {
  const { account, session, budget = endlessBudget } = options;
  if (!budget.isSpent) return initiate(account, session, signal);
  budget.refused();
  const reason = 'GLADIA_MINUTES_PER_DAY has been used up.';
  throw new GladiaApiError({ kind: 'refused', status: 0, reason });
}

/** Asks until there is a result; the chart bounds it. */
async function recover(account: GladiaAccount, id: string, link: GladiaLink, signal: AbortSignal): Promise<void> {
  for (;;) {
    const result = await fetchResult(account, id, signal);
    if (result !== undefined) return link.recover(result.utterances, result.receivedSeconds);
    await pause(RESULT_LOOK_MS, undefined, { signal });
  }
}
