/**
 * The tags that a decoder has not confirmed yet: what is written to one ffmpeg is kept until its PCM came out, so that
 * the next ffmpeg gets it again when the first one dies.
 *
 * Policy when full: the oldest tag is dropped; its place on the clock becomes a declared gap.
 */
import type { AudioTag } from '../ports.ts';
import type { AudioFormat } from './format.ts';
import type { Hole } from './clock.ts';

/** Tags kept for replay: about half a minute of the richest audio codec, minutes of usual AAC. */
export const FEED_MAX_BYTES = 1_048_576;
export const FEED_MAX_TAGS = 4_096;

/** A tag with its place. */
export interface FeedEntry {
  tag: AudioTag;
  format: AudioFormat;
  /** Newest configuration of the tag's codec. */
  config: AudioTag | undefined;
  seconds: number;
  /** Place on the session's clock, in samples. */
  startSample: number;
  /** Duration in samples of the session's clock; a fraction. */
  samples: number;
  /** Missing sound right before. */
  hole: Hole | undefined;
}

export class DecoderFeed {
  /** The newest confirmed tag comes first when there is one: a decoder needs it to start cleanly. */
  #entries: FeedEntry[] = [];
  #hasPreroll = false;
  #bytes = 0;
  /** Number of the first entry, counted from the session's first. */
  #firstNumber = 0;
  /** Tags dropped because the feed was full. */
  dropped = 0;

  /** Number that the next entry gets. */
  get nextNumber(): number {
    return this.#firstNumber + this.#entries.length;
  }

  /** Number of the first entry that has not been confirmed. */
  get firstUnconfirmed(): number {
    return this.#firstNumber + (this.#hasPreroll ? 1 : 0);
  }

  get(number: number): FeedEntry | undefined {
    return this.#entries[number - this.#firstNumber];
  }

  push(entry: FeedEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.tag.body.length;
    while (this.#entries.length > FEED_MAX_TAGS || this.#bytes > FEED_MAX_BYTES) {
      if (!this.#hasPreroll) this.dropped += 1;
      this.#shift();
    }
  }

  /** Where a new decoder starts: at the tag before the first unconfirmed one, if it is there and of the same format. */
  startNumber(): number {
    const preroll = this.#hasPreroll ? this.#entries[0] : undefined;
    const first = this.get(this.firstUnconfirmed);
    const isUsable = preroll !== undefined && (first === undefined || first.format.key === preroll.format.key);
    return isUsable && first?.hole === undefined ? this.#firstNumber : this.firstUnconfirmed;
  }

  /** The entry before `number` and everything older are done; `number - 1` stays as the next decoder's preroll. */
  confirmBefore(number: number): void {
    while (this.#firstNumber < number - 1 && this.#entries.length > 0) this.#shift();
    this.#hasPreroll = this.#firstNumber < number;
  }

  #shift(): void {
    const entry = this.#entries.shift();
    this.#bytes -= entry?.tag.body.length ?? 0;
    this.#firstNumber += 1;
    this.#hasPreroll = false;
  }
}
