/**
 * Ends what was allowed until a moment of the wall clock: viewers, event streams, inspectors.
 *
 * One look a moment at all of them together, in groups by the second, so that a viewer costs no timer of its own and a
 * clock that is set forward counts at once.
 */

/** How late an end may be. */
const LOOK_EVERY_MS = 250;

export class Expiries {
  readonly #nowMs: () => number;
  /** Ends by the second from which on nothing is allowed. */
  readonly #bySecond = new Map<number, Map<object, () => void>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param nowMs Milliseconds of the Unix epoch. */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** How many are waited for. */
  get size(): number {
    return [...this.#bySecond.values()].reduce((sum, ends) => sum + ends.size, 0);
  }

  /** Calls `end` once when it is time; never when `expiresAtMs` is missing. Returns what forgets it again. */
  watch(key: object, expiresAtMs: number | undefined, end: () => void): () => void {
    if (expiresAtMs === undefined) return () => {};
    const second = Math.ceil(expiresAtMs / 1_000);
    const ends = this.#bySecond.get(second) ?? new Map<object, () => void>();
    this.#bySecond.set(second, ends.set(key, end));
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    return () => {
      ends.delete(key);
      if (ends.size === 0 && this.#bySecond.get(second) === ends) this.#bySecond.delete(second);
      this.#rest();
    };
  }

  #look(): void {
    const nowS = this.#nowMs() / 1_000;
    for (const [second, ends] of this.#bySecond) {
      if (second > nowS) continue;
      this.#bySecond.delete(second);
      for (const end of ends.values()) end();
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#bySecond.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
