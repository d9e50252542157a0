/**
 * One ffmpeg's share of a session's audio: what it was fed, what came out, and where that belongs on the clock.
 *
 * PCM is laid down in the order in which it comes; where a tag left a hole before itself, the hole is laid down between
 * the PCM of the tags around it. What a run before has delivered already is skipped.
 */
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../ports.ts';
import type { Hole } from './clock.ts';
import type { DecoderFeed, FeedEntry } from './feed.ts';
import { FLV_HEADER, flvAudioTag } from './flv.ts';
import { USUAL_FORMAT } from './format.ts';
import type { AudioFormat } from './format.ts';
import type { AudioLedger } from './ledger.ts';
import { OggOpusWriter } from './ogg.ts';

/** ffmpeg's resampler holds back 16 samples; a tag counts as decoded within this many. */
const CONFIRM_TOLERANCE_SAMPLES = 64;
/** Sound inside a healthy decoder; more that stays inside is a sign of trouble. */
const DECODER_LATENCY_MAX_SAMPLES = SAMPLE_RATE_HZ / 4;
/** Sound that stays inside for this long while other sound comes out has been lost there, in milliseconds. */
const LOSS_AFTER_MS = 5_000;

/** Where a run's PCM, and what is missing between it, goes. */
export interface RunOutput {
  ledger: Pick<AudioLedger, 'headSample' | 'append'>;
  /** Moves the head to `sample`: over silence when it is near, else over a gap. */
  moveTo(sample: number, hole: Hole): void;
  /** The next tag is of a format that this run's ffmpeg was not started for. Told once. */
  formatChanged(): void;
}

/** Takes bytes for ffmpeg's stdin; false when it takes no more at the moment. */
export type WriteToDecoder = (bytes: Buffer) => boolean;

export class DecoderRun {
  readonly format: AudioFormat;
  readonly #feed: DecoderFeed;
  readonly #output: RunOutput;
  #write: WriteToDecoder | undefined;
  #next: number;
  /** Tags written and not confirmed: the end of each, in samples of this run. */
  readonly #written: { number: number; end: number }[] = [];
  /** Tags with a hole before them whose PCM has not begun. */
  readonly #marks: { atSample: number; startSample: number; hole: Hole }[] = [];
  #fedSamples = 0;
  #outSamples = 0;
  #skipSamples = 0;
  #oddByte: Buffer | undefined;
  #config: Buffer | undefined;
  #ogg: OggOpusWriter | undefined;
  #pendingSinceMs: number | undefined;
  /** Since when more sound than is healthy has been inside, and the least of it. */
  #backlog: { sinceMs: number; samples: number } | undefined;

  constructor(feed: DecoderFeed, output: RunOutput) {
    this.#feed = feed;
    this.#output = output;
    this.#next = feed.startNumber();
    this.format = feed.get(this.#next)?.format ?? USUAL_FORMAT;
  }

  /** Has any sound come out of this run? */
  get hasOutput(): boolean {
    return this.#outSamples > 0;
  }

  /** Numbers below have been written to this run. */
  get nextNumber(): number {
    return this.#next;
  }

  /** ffmpeg takes bytes from now on. */
  start(write: WriteToDecoder, nowMs: number): void {
    this.#write = write;
    this.pump(nowMs);
  }

  /** No more is written: ffmpeg's input has been ended. */
  endInput(): void {
    this.#write = undefined;
  }

  /** Writes what ffmpeg takes now of what is waiting in its format. */
  pump(nowMs: number): void {
    for (let entry = this.#feed.get(this.#next); entry !== undefined; entry = this.#feed.get(this.#next)) {
      if (this.#write === undefined) return;
      if (entry.format.key !== this.format.key) return this.#refuseFormat();
      const takesMore = this.#write(this.#wrap(entry));
      this.#note(entry, nowMs);
      this.#next += 1;
      if (!takesMore) return;
    }
    // Tags that were dropped before this run wrote them.
    if (this.#next < this.#feed.firstUnconfirmed) this.#next = this.#feed.firstUnconfirmed;
  }

  /** PCM from ffmpeg's stdout, in any pieces. */
  pcm(bytes: Buffer, nowMs: number): void {
    const whole = this.#oddByte === undefined ? bytes : Buffer.concat([this.#oddByte, bytes]);
    const evenBytes = whole.length - (whole.length % BYTES_PER_SAMPLE);
    this.#oddByte = evenBytes === whole.length ? undefined : Buffer.from(whole.subarray(evenBytes));
    this.#lay(whole.subarray(0, evenBytes));
    this.#confirm();
    this.#pendingSinceMs = this.#pending > DECODER_LATENCY_MAX_SAMPLES ? nowMs : undefined;
    this.#judgeLoss(nowMs);
  }

  /** How long sound has been waiting inside ffmpeg without any coming out, in milliseconds. */
  stalledForMs(nowMs: number): number {
    return this.#pendingSinceMs === undefined ? 0 : nowMs - this.#pendingSinceMs;
  }

  get #pending(): number {
    return this.#fedSamples - this.#outSamples;
  }

  #refuseFormat(): void {
    this.#write = undefined;
    this.#output.formatChanged();
  }

  #note(entry: FeedEntry, nowMs: number): void {
    if (this.#fedSamples === 0) this.#begin(entry);
    else if (entry.hole !== undefined) {
      const { startSample, hole } = entry;
      this.#marks.push({ atSample: Math.round(this.#fedSamples), startSample, hole });
    }
    this.#fedSamples += entry.samples;
    this.#written.push({ number: this.#next, end: this.#fedSamples });
    if (this.#pending > DECODER_LATENCY_MAX_SAMPLES) this.#pendingSinceMs ??= nowMs;
  }

  /** The first tag of the run says where its PCM starts. */
  #begin({ startSample, hole }: FeedEntry): void {
    const { headSample } = this.#output.ledger;
    this.#skipSamples = Math.max(0, headSample - startSample);
    if (startSample > headSample) this.#output.moveTo(startSample, hole ?? { samples: 0, cause: 'decoder_lost' });
  }

  /** Lays PCM, cut where a tag with a hole before it begins. */
  #lay(pcm: Buffer): void {
    let rest = pcm;
    while (rest.length > 0) {
      const [mark] = this.#marks;
      const untilMark = mark === undefined ? Infinity : Math.max(0, mark.atSample - this.#outSamples);
      if (mark !== undefined && untilMark === 0) {
        this.#output.moveTo(mark.startSample, mark.hole);
        this.#marks.shift();
        continue;
      }
      const bytes = Math.min(rest.length, untilMark * BYTES_PER_SAMPLE);
      this.#append(rest.subarray(0, bytes));
      rest = rest.subarray(bytes);
    }
  }

  #append(pcm: Buffer): void {
    const samples = pcm.length / BYTES_PER_SAMPLE;
    this.#outSamples += samples;
    const skip = Math.min(this.#skipSamples, samples);
    this.#skipSamples -= skip;
    if (samples > skip) this.#output.ledger.append(pcm.subarray(skip * BYTES_PER_SAMPLE));
  }

  #confirm(): void {
    const done = this.#outSamples + CONFIRM_TOLERANCE_SAMPLES;
    const firstOpen = this.#written.findIndex(({ end }) => end > done);
    const confirmed = this.#written.splice(0, firstOpen < 0 ? this.#written.length : firstOpen);
    const last = confirmed.at(-1);
    if (last !== undefined) this.#feed.confirmBefore(last.number + 1);
  }

  /** Frames that ffmpeg could not decode leave less PCM than was fed: silence takes their place. */
  #judgeLoss(nowMs: number): void {
    if (this.#pending <= DECODER_LATENCY_MAX_SAMPLES) {
      this.#backlog = undefined;
      return;
    }
    this.#backlog ??= { sinceMs: nowMs, samples: this.#pending };
    this.#backlog.samples = Math.min(this.#backlog.samples, this.#pending);
    if (nowMs - this.#backlog.sinceMs < LOSS_AFTER_MS) return;
    const lost = Math.round(this.#backlog.samples);
    this.#backlog = undefined;
    this.#outSamples += lost;
    this.#output.moveTo(this.#output.ledger.headSample + lost, { samples: lost, cause: 'audio_lost' });
    this.#confirm();
  }

  #wrap(entry: FeedEntry): Buffer {
    const parts: Buffer[] = [];
    const { config } = entry;
    if (this.format.container === 'ogg') {
      this.#ogg ??= new OggOpusWriter();
      if (config !== undefined && this.#config === undefined) parts.push(this.#ogg.headers(config.body));
      parts.push(this.#ogg.packet(entry.tag.body, entry.seconds));
    } else {
      const timestampMs = Math.round((this.#fedSamples / SAMPLE_RATE_HZ) * 1000);
      if (this.#fedSamples === 0) parts.push(FLV_HEADER);
      if (config !== undefined && config.body !== this.#config) parts.push(flvAudioTag(config.body, timestampMs));
      parts.push(flvAudioTag(entry.tag.body, timestampMs));
    }
    this.#config = config?.body ?? this.#config;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
}
