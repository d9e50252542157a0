/**
 * From a publisher's tags to the ledger, across any number of ffmpeg runs and returns of the publisher.
 *
 * tags → clock (where does this sound belong?) → feed (kept until decoded) → run (one ffmpeg) → ledger (kept until transcribed)
 */
import type { AudioCodec, AudioTag, ChunkSource, GapCause, LedgerTotals } from '../ports.ts';
import { JUMP_MS, SessionClock } from './clock.ts';
import type { Hole } from './clock.ts';
import { DecoderRun } from './decoder-run.ts';
import { tagSeconds } from './durations.ts';
import { DecoderFeed } from './feed.ts';
import { formatOf } from './format.ts';
import { AudioLedger } from './ledger.ts';
import { SAMPLE_RATE_HZ } from '../ports.ts';

/** A longer hole of the clock is a declared gap, a shorter one is filled with silence. */
export const SILENCE_MAX_MS = JUMP_MS;
const SILENCE_MAX_SAMPLES = (SILENCE_MAX_MS * SAMPLE_RATE_HZ) / 1000;
/** Sound that a decoder may keep for itself at its end without it counting as lost. */
const TAIL_TOLERANCE_SAMPLES = SAMPLE_RATE_HZ / 4;
/** Runs in a row without any output after which their tags are given up: one of them may be what kills ffmpeg. */
const FRUITLESS_RUNS_MAX = 2;

export interface AudioIntakeOptions {
  /** `PCM_CHUNK_SIZE_MS`. */
  chunkMs: number;
  /** `AUDIO_BUFFER_MS`. */
  bufferMs: number;
  onGap: (startMs: number, endMs: number, cause: GapCause) => void;
  /** The running ffmpeg cannot decode what comes now: it has to be renewed. */
  onFormatChanged: () => void;
}

export class AudioIntake {
  readonly #clock = new SessionClock();
  readonly #feed = new DecoderFeed();
  readonly #ledger: AudioLedger;
  readonly #configs = new Map<AudioCodec, AudioTag>();
  readonly #onFormatChanged: () => void;
  #run: DecoderRun | undefined;
  #fruitlessRuns = 0;
  #receivedTags = 0;
  #isDrained = false;

  constructor({ chunkMs, bufferMs, onGap, onFormatChanged }: AudioIntakeOptions) {
    this.#ledger = new AudioLedger({ chunkMs, bufferMs, onGap });
    this.#onFormatChanged = onFormatChanged;
  }

  /** What the transcriber reads. */
  get source(): ChunkSource {
    return this.#ledger;
  }

  totals(): LedgerTotals {
    return this.#ledger.totals();
  }

  /** Tags of sound that have come. */
  get receivedTags(): number {
    return this.#receivedTags;
  }

  /** Tags that were given up because no decoder took them. */
  get droppedTags(): number {
    return this.#feed.dropped;
  }

  /** The next tags come from another connection. */
  publisherChanged(): void {
    this.#clock.publisherChanged();
  }

  /**
   * One tag from the publisher.
   * @param nowMs By the clock that ffmpeg's patience is measured with.
   * @param arrivedAtMs By a clock that never stands still: what a publisher missed is measured with it.
   */
  audio(tag: AudioTag, nowMs: number, arrivedAtMs = nowMs): void {
    if (this.#isDrained) return;
    if (tag.config) {
      this.#configs.set(tag.codec, tag);
      return;
    }
    const config = this.#configs.get(tag.codec);
    const seconds = tagSeconds(tag, config?.body);
    if (seconds <= 0) return;
    this.#receivedTags += 1;
    const samples = seconds * SAMPLE_RATE_HZ;
    const { startSample, hole } = this.#clock.place(tag.timestampMs, samples, arrivedAtMs);
    const format = formatOf(tag);
    this.#feed.push({ tag, format, config, seconds, startSample, samples, hole });
    this.#run?.pump(nowMs);
  }

  /** A new ffmpeg takes over; the one before must have been closed. */
  openRun(): DecoderRun {
    this.#run = new DecoderRun(this.#feed, {
      ledger: this.#ledger,
      moveTo: (sample, hole) => this.#moveTo(sample, hole),
      formatChanged: this.#onFormatChanged,
    });
    return this.#run;
  }

  /** The run's ffmpeg is gone. `isDrained`: it had been given its end of input and has delivered everything. */
  closeRun(run: DecoderRun, isDrained: boolean): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    this.#fruitlessRuns = run.hasOutput || isDrained ? 0 : this.#fruitlessRuns + 1;
    if (!isDrained && this.#fruitlessRuns < FRUITLESS_RUNS_MAX) return;
    this.#feed.confirmBefore(run.nextNumber);
  }

  /** No PCM is taken from here on; what was received and not decoded is a gap. Idempotent. */
  drained(): void {
    if (this.#isDrained) return;
    this.#isDrained = true;
    const missing = this.#clock.endSample - this.#ledger.headSample;
    if (missing > TAIL_TOLERANCE_SAMPLES) this.#ledger.appendHole(missing, 'decoder_lost');
    this.#ledger.end();
  }

  /** Declares everything that has not been transcribed as a gap. */
  settle(cause: GapCause): void {
    this.#ledger.declareGap(this.#ledger.ackedSample, this.#ledger.headSample, cause);
  }

  #moveTo(sample: number, { cause }: Hole): void {
    const samples = sample - this.#ledger.headSample;
    if (samples > SILENCE_MAX_SAMPLES) this.#ledger.appendHole(samples, cause);
    else this.#ledger.appendSilence(samples);
  }
}
