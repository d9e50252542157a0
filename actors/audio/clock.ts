/**
 * The session's audio clock: where each tag's sound belongs, counted in samples and checked against RTMP timestamps.
 *
 * Counting alone drifts when a publisher loses audio; timestamps alone jump. So sound is laid end to end, and a hole is
 * left where the timestamps say that some is missing. Of a publisher that returns the timestamps say nothing: its sound
 * goes where the wall clock says, reckoned from the session's first sound, so that errors of many returns do not add up.
 * Pure: the wall clock comes in as an argument.
 */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import type { GapCause } from '../ports.ts';

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;

/** Timestamps may run ahead of the samples by this much before it counts as lost audio. */
export const LAG_TOLERANCE_MS = 100;
/** A longer step forward is a jump of the publisher's timestamps unless the wall clock agrees. */
export const JUMP_MS = 5_000;
/** Timestamps that fall behind the samples by this much have been reset. */
export const BACKWARD_TOLERANCE_MS = 500;

/**
 * How fast the wall clock is taken to follow the publisher's, as a share: twice what two bad quartz oscillators are apart.
 * Less than that is drift, more is a network that is late.
 */
const DRIFT_MAX = 0.000_5;
/** Sound that comes in a row before it says anything about the publisher's clock. */
const DRIFT_AFTER_MS = 10_000;

/** Missing sound before a tag. */
export interface Hole {
  samples: number;
  cause: GapCause;
}

/** The place of a tag's sound. */
export interface Place {
  /** Position on the session's clock in samples, whole. */
  startSample: number;
  /** What is missing right before it. */
  hole?: Hole;
}

export class SessionClock {
  /** End of the sound so far, in samples; a fraction. */
  #position = 0;
  /** When sound of this position comes, by the wall clock. */
  #origin: { wallMs: number; position: number } | undefined;
  /** A timestamp and the position that it stands for. */
  #anchor: { timestampMs: number; position: number } | undefined;
  #lastArrivalMs: number | undefined;
  #isReturning = false;

  /** One past the last sample of all sound so far. */
  get endSample(): number {
    return Math.round(this.#position);
  }

  /** The next tag comes from a connection whose timestamps have another origin. */
  publisherChanged(): void {
    this.#anchor = undefined;
    this.#isReturning = this.#lastArrivalMs !== undefined;
  }

  /** Lays `samples` of sound (a fraction) with the publisher's timestamp behind what is there. */
  place(timestampMs: number, samples: number, nowMs: number): Place {
    const hole = this.#holeBefore(timestampMs, nowMs);
    if (hole !== undefined) this.#position += hole.samples;
    this.#anchor ??= { timestampMs, position: this.#position };
    this.#origin ??= { wallMs: nowMs, position: this.#position };
    if (this.#position - this.#anchor.position > DRIFT_AFTER_MS * SAMPLES_PER_MS) this.#followDrift(samples, nowMs);
    const startSample = this.endSample;
    this.#position += samples;
    this.#lastArrivalMs = nowMs;
    return { startSample, ...(hole && { hole }) };
  }

  #holeBefore(timestampMs: number, nowMs: number): Hole | undefined {
    const wallMs = nowMs - (this.#lastArrivalMs ?? nowMs);
    if (this.#isReturning) {
      this.#isReturning = false;
      return holeOf(this.#absenceMs(wallMs, nowMs), 'publisher_lost', 0);
    }
    if (this.#anchor === undefined) return undefined;
    const soundMs = (this.#position - this.#anchor.position) / SAMPLES_PER_MS;
    const lagMs = timestampMs - this.#anchor.timestampMs - soundMs;
    if (lagMs > JUMP_MS || lagMs < -BACKWARD_TOLERANCE_MS) {
      this.#anchor = undefined;
      return holeOf(Math.min(lagMs, wallMs), 'audio_lost');
    }
    return holeOf(lagMs, 'audio_lost');
  }

  /** How long the sound has been missing of a publisher that returns now, `wallMs` after the last tag. */
  #absenceMs(wallMs: number, nowMs: number): number {
    const behindMs = this.#behindMs(nowMs);
    if (Math.abs(behindMs - wallMs) <= JUMP_MS) return behindMs;
    // Its audio paused without its timestamps, or came faster than time goes by: the wall clock begins anew.
    this.#origin = { wallMs: nowMs, position: this.#position + wallMs * SAMPLES_PER_MS };
    return wallMs;
  }

  /** By how much the end of the sound is behind the wall clock. */
  #behindMs(nowMs: number): number {
    const { wallMs, position } = this.#origin ?? { wallMs: nowMs, position: this.#position };
    return nowMs - wallMs - (this.#position - position) / SAMPLES_PER_MS;
  }

  #followDrift(samples: number, nowMs: number): void {
    if (this.#origin === undefined) return;
    const stepMs = (samples / SAMPLES_PER_MS) * DRIFT_MAX;
    this.#origin.wallMs += Math.max(-stepMs, Math.min(stepMs, this.#behindMs(nowMs)));
  }
}

function holeOf(ms: number, cause: GapCause, toleranceMs = LAG_TOLERANCE_MS): Hole | undefined {
  return ms > toleranceMs ? { samples: Math.round(ms * SAMPLES_PER_MS), cause } : undefined;
}
