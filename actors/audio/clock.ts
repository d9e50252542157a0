/**
 * The session's audio clock: where each tag's sound belongs, counted in samples and checked against RTMP timestamps.
 *
 * Counting alone drifts when a publisher loses audio; timestamps alone jump. So sound is laid end to end, and a hole is
 * left where the timestamps say that some is missing. Pure: the wall clock comes in as an argument.
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
    const startSample = this.endSample;
    this.#position += samples;
    this.#lastArrivalMs = nowMs;
    return { startSample, ...(hole && { hole }) };
  }

  #holeBefore(timestampMs: number, nowMs: number): Hole | undefined {
    const wallMs = nowMs - (this.#lastArrivalMs ?? nowMs);
    if (this.#isReturning) {
      this.#isReturning = false;
      return holeOf(wallMs, 'publisher_lost');
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
}

function holeOf(ms: number, cause: GapCause): Hole | undefined {
  return ms > LAG_TOLERANCE_MS ? { samples: Math.round(ms * SAMPLES_PER_MS), cause } : undefined;
}
