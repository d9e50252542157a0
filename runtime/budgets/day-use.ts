/** How much of something was used in the last 24 hours, on a clock that only goes forward. */

const HOUR_MS = 3_600_000;
const HOURS = 24;

export class DayUse {
  readonly #nowMs: () => number;
  /** Used within each hour of the clock, by its number; those of more than a day ago are forgotten. */
  readonly #hours = new Map<number, number>();

  /** @param nowMs Monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Of this hour and the 23 before it. */
  get usedMs(): number {
    this.#forget();
    return [...this.#hours.values()].reduce((sum, used) => sum + used, 0);
  }

  add(ms: number): void {
    const hour = this.#hour;
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + ms);
  }

  get #hour(): number {
    return Math.floor(this.#nowMs() / HOUR_MS);
  }

  #forget(): void {
    for (const hour of this.#hours.keys()) if (hour <= this.#hour - HOURS) this.#hours.delete(hour);
  }
}
