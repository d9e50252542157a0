/**
 * The account of a session's sound: every sample received ends as transcribed or as a declared gap.
 *
 * Un-acknowledged PCM waits in a ring allocated once, with the first sound (`AUDIO_BUFFER_MS`); chunks are views of it. Policy when full: the
 * oldest second is dropped and declared as a gap.
 */
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../ports.ts';
import type { ChunkSource, GapCause, LedgerTotals, PcmChunk } from '../ports.ts';
import { Spans } from './spans.ts';
import type { Span } from './spans.ts';

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;
/** What an overflow drops at once, so that a long one is a few gaps and not thousands. */
const DROP_SAMPLES = SAMPLE_RATE_HZ;
/** Zeros written at a time when silence is filled in. */
const SILENCE = Buffer.alloc(SAMPLE_RATE_HZ * BYTES_PER_SAMPLE);

export interface LedgerOptions {
  /** Audio per chunk. */
  chunkMs: number;
  /** Un-acknowledged audio that is kept. */
  bufferMs: number;
  /** A stretch of the clock was declared as not transcribed. */
  onGap: (startMs: number, endMs: number, cause: GapCause) => void;
}

export class AudioLedger implements ChunkSource {
  readonly #chunkSamples: number;
  readonly #capacitySamples: number;
  #buffer: Buffer | undefined;
  readonly #onGap: LedgerOptions['onGap'];
  readonly #spans = new Spans();
  readonly #listeners = new Set<() => void>();
  /** Samples stored so far; its remainder is the ring's write position. */
  #stored = 0;
  #head = 0;
  #acked = 0;
  #transcribed = 0;
  #gap = 0;
  #ended = false;

  constructor({ chunkMs, bufferMs, onGap }: LedgerOptions) {
    this.#chunkSamples = chunkMs * SAMPLES_PER_MS;
    this.#capacitySamples = Math.max(bufferMs * SAMPLES_PER_MS, 2 * this.#chunkSamples);
    this.#onGap = onGap;
  }

  /** Two megabytes by default; a session that waits for its publisher has none yet. */
  get #ring(): Buffer {
    this.#buffer ??= Buffer.allocUnsafeSlow(this.#capacitySamples * BYTES_PER_SAMPLE);
    return this.#buffer;
  }

  get ackedSample(): number {
    return this.#acked;
  }

  get headSample(): number {
    return this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Adds sound at the head: whole samples. Nothing is added after the end. */
  append(pcm: Buffer): void {
    if (this.#ended) return;
    const pieceBytes = Math.min(DROP_SAMPLES, this.#capacitySamples) * BYTES_PER_SAMPLE;
    for (let at = 0; at < pcm.length; at += pieceBytes) this.#store(pcm.subarray(at, at + pieceBytes));
    this.#notify();
  }

  /** Adds silence at the head in the place of lost sound. */
  appendSilence(samples: number): void {
    for (let left = samples; left > 0; left -= SAMPLE_RATE_HZ) {
      this.append(SILENCE.subarray(0, Math.min(left, SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE));
    }
  }

  /** Moves the head over sound that never came. */
  appendHole(samples: number, cause: GapCause): void {
    if (this.#ended || samples <= 0) return;
    const start = this.#head;
    this.#head += samples;
    this.#gap += samples;
    this.#tellGap(start, this.#head, cause);
    this.#notify();
  }

  /** No sound will follow. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#notify();
  }

  read(fromSample: number): PcmChunk | undefined {
    const span = this.#spans.at(fromSample);
    if (span === undefined) return undefined;
    const startSample = Math.max(fromSample, span.start);
    const available = span.end - startSample;
    const isOpen = span.end === this.#head && !this.#ended;
    if (available < this.#chunkSamples && isOpen) return undefined;
    return { startSample, pcm: this.#view(span, startSample, Math.min(available, this.#chunkSamples)) };
  }

  acknowledge(toSample: number): void {
    const to = Math.min(toSample, this.#head);
    if (to <= this.#acked) return;
    this.#transcribed += this.#spans.cut(this.#acked, to);
    this.#acked = to;
  }

  declareGap(startSample: number, endSample: number, cause: GapCause): void {
    const start = Math.max(startSample, this.#acked);
    const end = Math.min(endSample, this.#head);
    if (start <= this.#acked) this.#acked = Math.max(this.#acked, end);
    // Holes in it have been told when they came.
    const parts = this.#spans.within(start, end);
    this.#gap += this.#spans.cut(start, end);
    for (const part of parts) this.#tellGap(part.start, part.end, cause);
  }

  totals(): LedgerTotals {
    const receivedMs = Math.floor(this.#head / SAMPLES_PER_MS);
    const gapMs = Math.floor(this.#gap / SAMPLES_PER_MS);
    const settledMs = receivedMs - gapMs;
    const isSettled = this.#spans.samples === 0;
    const transcribedMs = isSettled ? settledMs : Math.min(Math.floor(this.#transcribed / SAMPLES_PER_MS), settledMs);
    return { receivedMs, transcribedMs, gapMs, unackedMs: receivedMs - gapMs - transcribedMs };
  }

  #store(pcm: Buffer): void {
    const samples = pcm.length / BYTES_PER_SAMPLE;
    this.#makeRoom(samples);
    const at = (this.#stored % this.#capacitySamples) * BYTES_PER_SAMPLE;
    const untilWrap = pcm.copy(this.#ring, at);
    pcm.copy(this.#ring, 0, untilWrap);
    this.#spans.append(this.#head, this.#head + samples, this.#stored);
    this.#stored += samples;
    this.#head += samples;
  }

  #makeRoom(samples: number): void {
    const oldest = this.#spans.at(0);
    if (oldest === undefined) return;
    const oldestEnd = this.#stored + samples - this.#capacitySamples;
    if (oldestEnd <= oldest.stored) return;
    const drop = Math.max(oldestEnd - oldest.stored, Math.min(DROP_SAMPLES, oldest.end - oldest.start));
    this.declareGap(this.#acked, Math.min(oldest.start + drop, oldest.end), 'buffer_overflow');
    this.#makeRoom(samples);
  }

  #view(span: Span, startSample: number, samples: number): Buffer {
    const stored = (span.stored + startSample - span.start) % this.#capacitySamples;
    const untilWrap = Math.min(samples, this.#capacitySamples - stored);
    const first = this.#ring.subarray(stored * BYTES_PER_SAMPLE, (stored + untilWrap) * BYTES_PER_SAMPLE);
    if (untilWrap === samples) return first;
    return Buffer.concat([first, this.#ring.subarray(0, (samples - untilWrap) * BYTES_PER_SAMPLE)]);
  }

  #tellGap(startSample: number, endSample: number, cause: GapCause): void {
    this.#onGap(Math.floor(startSample / SAMPLES_PER_MS), Math.floor(endSample / SAMPLES_PER_MS), cause);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
