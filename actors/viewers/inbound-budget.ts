/**
 * What one viewer may send: so many messages a second, so many bytes a minute. Pings count too, and pongs that nobody
 * asked for.
 *
 * Both are buckets that fill up again by themselves; what goes beyond them is not looked at.
 */
import type { LimitName } from '../limit-names.ts';

/** In the long run. */
export const MESSAGES_PER_SECOND = 10;
/** At once, after a rest. */
export const MESSAGES_BURST = 20;
export const BYTES_PER_MINUTE = 65_536;
/** Messages beyond the budget that are ignored; with the last of them the viewer is closed. */
export const EXCESS_MAX = 10;
/** After so long without one, earlier excesses are forgotten. */
const FORGIVEN_AFTER_MS = 60_000;

export class InboundBudget {
  #messages = MESSAGES_BURST;
  #bytes = BYTES_PER_MINUTE;
  #filledAtMs: number;
  #excess = 0;
  #excessAtMs = -Infinity;

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs;
  }

  /** Messages that went beyond it, lately. */
  get excess(): number {
    return this.#excess;
  }

  /** Takes a message out of the budget; the limit that it exceeds, if it does. */
  take(bytes: number, nowMs: number): LimitName | undefined {
    this.#fill(nowMs);
    const limit = this.#messages < 1 ? 'viewer_messages' : this.#bytes < bytes ? 'viewer_bytes' : undefined;
    if (limit === undefined) {
      this.#messages -= 1;
      this.#bytes -= bytes;
      return undefined;
    }
    if (nowMs - this.#excessAtMs > FORGIVEN_AFTER_MS) this.#excess = 0;
    this.#excessAtMs = nowMs;
    this.#excess += 1;
    return limit;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#messages = Math.min(MESSAGES_BURST, this.#messages + (passedMs * MESSAGES_PER_SECOND) / 1_000);
    this.#bytes = Math.min(BYTES_PER_MINUTE, this.#bytes + (passedMs * BYTES_PER_MINUTE) / 60_000);
  }
}
