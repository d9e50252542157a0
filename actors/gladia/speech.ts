/**
 * How far Gladia has come with what it has received: its messages say when speech began, not that there was none. Pure.
 * Positions are samples of the session's clock.
 */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import type { EngineUtterance } from '../ports.ts';

/** Speech that began and of which nothing more is heard in this much quiet audio was none. */
const SPEECH_STALE_SAMPLES = 15 * SAMPLE_RATE_HZ;
/** An utterance of which nothing more is heard in this much quiet audio is over. */
const UTTERANCE_STALE_SAMPLES = 7 * SAMPLE_RATE_HZ;

/** Speech of which Gladia has told nothing yet began no longer ago. */
const TOLD_LATE_SAMPLES = 2 * SAMPLE_RATE_HZ;

const toSample = (ms: number): number => Math.round((ms / 1000) * SAMPLE_RATE_HZ);

export class Speech {
  #openSince: number | undefined;

  began(at: number): void {
    this.#openSince ??= at;
  }

  /** It ended at `at`; its final is still to come. */
  ended(at: number): void {
    if (this.#openSince !== undefined && at < this.#openSince) this.#openSince = undefined;
  }

  /** A final has said everything before `until`. */
  said(until: number): void {
    if (this.#openSince !== undefined && this.#openSince < until) this.#openSince = undefined;
  }

  /** Up to where audio is done with, when everything before `quiet` was received a while ago. */
  doneUntil(quiet: number, open: readonly EngineUtterance[]): number {
    if (this.#openSince !== undefined && quiet - this.#openSince > SPEECH_STALE_SAMPLES) this.#openSince = undefined;
    const starts = open.map(({ startMs }) => toSample(startMs));
    return Math.max(0, Math.min(quiet, this.#openSince ?? Infinity, ...starts));
  }

  /** Where what may be open began, of what was sent up to `sent`: Gladia tells it a little late. */
  beganBy(sent: number, open: readonly EngineUtterance[]): number {
    const starts = open.map(({ startMs }) => toSample(startMs));
    return Math.max(0, Math.min(sent - TOLD_LATE_SAMPLES, this.#openSince ?? Infinity, ...starts));
  }

  /** Utterances that will not be finished any more. */
  stale(quiet: number, open: readonly EngineUtterance[]): EngineUtterance[] {
    return open.filter(({ endMs }) => quiet - toSample(endMs) > UTTERANCE_STALE_SAMPLES);
  }
}
