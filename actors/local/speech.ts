/**
 * One session in the engine child: PCM in, stretches of speech out.
 *
 * Positions inside are samples since the detector's first (`at`); outside they are the session's. The difference
 * changes only where the session's clock has a hole, and there no speech is open.
 */
import { SampleRing } from './sample-ring.ts';
import { VAD_FRAME_SAMPLES } from './sherpa.ts';
import type { Vad } from './sherpa.ts';

const SAMPLE_RATE_HZ = 16_000;
const seconds = (count: number): number => Math.round(count * SAMPLE_RATE_HZ);

/** Kept for cutting out speech; longer than the longest stretch. */
const RING_SAMPLES = seconds(30);
/** Speech is found this long after it began. */
const ONSET_SAMPLES = seconds(0.5);
/** What a final gets of the sound around its speech. */
const BEFORE_SAMPLES = seconds(0.3);
const AFTER_SAMPLES = seconds(0.1);
/** Beyond this a small model loses the thread; the detector's own bound is a soft one. */
export const SPEECH_MAX_SAMPLES = seconds(12);
/** Shorter stretches are noise at a forced cut. */
const SPEECH_MIN_SAMPLES = seconds(0.1);

/** A stretch of speech that is over. Positions are the session's. */
export interface Utterance {
  number: number;
  startSample: number;
  endSample: number;
  /** Its sound, with a little around it. */
  samples: Float32Array;
}

export interface SpeechEvents {
  ended(utterance: Utterance): void;
  /** What was taken for speech was none. */
  withdrawn(number: number): void;
}

export class Speech {
  readonly #vad: Vad;
  readonly #events: SpeechEvents;
  readonly #ring = new SampleRing(RING_SAMPLES);
  readonly #frame = new Float32Array(VAD_FRAME_SAMPLES);
  #framed = 0;
  /** Session's position minus the detector's. */
  #offset = 0;
  #nextSample: number | undefined;
  /** Where the open speech began. */
  #open: number | undefined;
  /** End of the newest stretch that is over. */
  #doneAt = 0;
  #number = 1;

  constructor(vad: Vad, events: SpeechEvents) {
    this.#vad = vad;
    this.#events = events;
  }

  /** One past the newest sample that was looked at, on the session's clock. */
  get endSample(): number {
    return this.#ring.end + this.#offset;
  }

  /** Everything before is neither open speech nor the possible beginning of some. */
  get quietUntilSample(): number {
    const from = this.#open ?? this.#ring.end - ONSET_SAMPLES;
    return Math.max(from, this.#doneAt) + this.#offset;
  }

  /** The speech that goes on; undefined when there is silence now. */
  get open(): { number: number; startSample: number; endSample: number } | undefined {
    if (this.#open === undefined || !this.#vad.isDetected()) return undefined;
    return { number: this.#number, startSample: this.#open + this.#offset, endSample: this.endSample };
  }

  /** Sound of the session's [startSample, endSample). */
  sound(startSample: number, endSample: number): Float32Array {
    return this.#ring.slice(startSample - this.#offset, endSample - this.#offset);
  }

  /** Takes sound that begins at `startSample` of the session. */
  push(samples: Float32Array, startSample: number): void {
    if (this.#nextSample !== startSample) this.#jump(startSample);
    this.#nextSample = startSample + samples.length;
    for (let at = 0; at < samples.length;) {
      const piece = samples.subarray(at, at + VAD_FRAME_SAMPLES - this.#framed);
      this.#frame.set(piece, this.#framed);
      this.#framed += piece.length;
      at += piece.length;
      if (this.#framed === VAD_FRAME_SAMPLES) this.#look();
    }
  }

  /** Ends what is open: nothing follows, or something from elsewhere on the clock. */
  flush(): void {
    if (this.#framed > 0) {
      this.#frame.fill(0, this.#framed);
      this.#look();
    }
    this.#cut();
  }

  #jump(startSample: number): void {
    if (this.#nextSample !== undefined) this.flush();
    this.#offset = startSample - this.#ring.end;
  }

  #look(): void {
    this.#framed = 0;
    this.#ring.append(this.#frame);
    this.#vad.acceptWaveform(this.#frame);
    const hasEnded = this.#takeEnded();
    if (this.#vad.isDetected()) this.#open ??= Math.max(this.#doneAt, this.#ring.end - ONSET_SAMPLES);
    else if (!hasEnded) this.#withdraw();
    if (this.#open !== undefined && this.#ring.end - this.#open >= SPEECH_MAX_SAMPLES) this.#cut();
  }

  #cut(): void {
    this.#vad.flush();
    if (!this.#takeEnded()) this.#withdraw();
  }

  /** True when speech has ended. */
  #takeEnded(): boolean {
    let hasEnded = false;
    for (; !this.#vad.isEmpty(); this.#vad.pop()) {
      const { start, samples } = this.#vad.front(false);
      if (samples.length < SPEECH_MIN_SAMPLES) continue;
      this.#end(start, start + samples.length);
      hasEnded = true;
    }
    return hasEnded;
  }

  #end(start: number, end: number): void {
    const from = Math.max(start - BEFORE_SAMPLES, this.#doneAt);
    const samples = this.#ring.slice(from, end + AFTER_SAMPLES);
    this.#doneAt = Math.min(end, this.#ring.end);
    this.#open = undefined;
    const number = this.#number;
    this.#number += 1;
    const startSample = start + this.#offset;
    // The last frame before a hole or the end may be filled up with samples that there never were.
    const endSample = Math.min(this.#doneAt + this.#offset, this.#nextSample ?? Infinity);
    this.#events.ended({ number, startSample, endSample, samples });
  }

  #withdraw(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    const number = this.#number;
    this.#number += 1;
    this.#events.withdrawn(number);
  }
}
