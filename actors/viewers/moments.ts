/**
 * What is true now: the newest partial of each open utterance, the newest state of the session.
 *
 * A viewer gets what is newer than what it had; what was replaced before it could be given is never sent.
 */
import type { Encoded } from '../wire/encoded.ts';

/** Open utterances that have a partial; the oldest is dropped when there are more. */
const MOMENTS_MAX = 256;

export class Moments {
  /** Oldest change first. */
  readonly #newest = new Map<string, { turn: number; message: Encoded }>();
  /** Never dropped. */
  readonly #kept: string;
  #turn = 0;

  constructor(kept: string) {
    this.#kept = kept;
  }

  /** Number of the newest change. */
  get turn(): number {
    return this.#turn;
  }

  /** `key` has become `message`. */
  set(key: string, message: Encoded): void {
    this.#turn += 1;
    this.#newest.delete(key);
    this.#newest.set(key, { turn: this.#turn, message });
    if (this.#newest.size <= MOMENTS_MAX) return;
    for (const oldest of this.#newest.keys()) {
      if (oldest === this.#kept) continue;
      this.#newest.delete(oldest);
      return;
    }
  }

  /** `key` is true no more: it has become a record. */
  delete(key: string): void {
    this.#newest.delete(key);
  }

  /** What has changed after `turn`, oldest change first. */
  *since(turn: number): Iterable<{ turn: number; message: Encoded }> {
    for (const moment of this.#newest.values()) if (moment.turn > turn) yield moment;
  }
}
