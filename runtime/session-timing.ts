/** Deadlines of a session: what its charts are started with. */
import { AUDIO_PAUSE_MS } from '../actors/audio-watch.ts';
import { closes } from '../actors/wire/close-codes.ts';
import { LEASE_LINE_MAX } from '../machines/ai-lease.ts';
import type { InsightsInput } from '../machines/insights.ts';
import { defaultRestartPolicy } from '../machines/restart.ts';
import type { SessionInput } from '../machines/session-setup.ts';
import type { Config } from './config.ts';
import { drainTiming } from './drain-timing.ts';

/** A connected publisher that sends no audio for this long is reported. */
export const AUDIO_SILENCE_MS = 10_000;
/** Audio in and nothing out of ffmpeg for this long: it hangs and is replaced. */
export const DECODER_STALL_MS = 5_000;
/** ffmpeg must have been spawned within this time. */
const DECODER_START_TIMEOUT_MS = 10_000;
/** From the end of ffmpeg's input until SIGTERM; it leaves in about 10 ms by itself. */
const DECODER_END_TIMEOUT_MS = 500;
/** From SIGKILL until the process is given up. */
const KILL_TIMEOUT_MS = 2_000;
/** How long finalizing waits for ffmpeg's last PCM; a healthy one needs about 10 ms. */
const AUDIO_END_TIMEOUT_MS = 2_000;
const VIEWERS_CLOSE_TIMEOUT_MS = 2_000;
const VIEWERS_TERMINATE_TIMEOUT_MS = 500;

/** How long an ended session waits until its end is durable. */
export const LOG_END_TIMEOUT_MS = 1_000;
/** Every session has this for its last words, however short the drain is. */
const DRAIN_FINALIZE_MIN_MS = 100;

/** How long the session log may take to say who has the AI lease. */
const LEASE_TAKE_TIMEOUT_MS = 2_000;

/** What the session chart is started with under these options. @param insights Of the server's own caller. */
export function sessionInput(config: Config, insights: InsightsInput | null = null): SessionInput {
  return {
    timing: {
      // The chart counts from the pause, which is told this much after the last audio.
      audioSilenceMs: AUDIO_SILENCE_MS - AUDIO_PAUSE_MS,
      publisherGraceMs: config.publisherGraceMs,
      audioEndTimeoutMs: AUDIO_END_TIMEOUT_MS,
      finalizeTimeoutMs: config.finalizeMs,
      drainFinalizeTimeoutMs: drainFinalizeMs(config),
    },
    decoder: {
      timing: {
        startTimeoutMs: DECODER_START_TIMEOUT_MS,
        endTimeoutMs: DECODER_END_TIMEOUT_MS,
        terminateTimeoutMs: config.ffmpegStopMs,
        killTimeoutMs: KILL_TIMEOUT_MS,
      },
      restart: defaultRestartPolicy,
    },
    viewers: { closeTimeoutMs: VIEWERS_CLOSE_TIMEOUT_MS, terminateTimeoutMs: VIEWERS_TERMINATE_TIMEOUT_MS },
    aiLease: {
      timing: { leaseMs: config.aiLeaseMs, takeTimeoutMs: LEASE_TAKE_TIMEOUT_MS },
      lineMax: LEASE_LINE_MAX,
    },
    insights,
    drainClose: closes.serverRestarting,
  };
}

/** What viewers and session log may take afterwards is left of the sessions' share, so that nobody's end is cut off. */
function drainFinalizeMs({ drainMs, finalizeMs }: Config): number {
  const afterwardsMs = VIEWERS_CLOSE_TIMEOUT_MS + VIEWERS_TERMINATE_TIMEOUT_MS + LOG_END_TIMEOUT_MS;
  const leftMs = drainTiming(drainMs).drainTimeoutMs - afterwardsMs;
  return Math.min(finalizeMs, Math.max(DRAIN_FINALIZE_MIN_MS, leftMs));
}
