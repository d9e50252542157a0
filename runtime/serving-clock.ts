/**
 * The clock that patience is measured with: it stands still while this process is held up.
 *
 * After a long stop (a busy event loop, SIGSTOP, a frozen machine) everybody seems to have been silent: viewers that
 * answered, ffmpeg that worked, a publisher that waits to be let back in. By this clock none of them was, and no
 * deadline has passed. Durations that are about the world and not about patience take `performance.now()`.
 */

import type { Log } from '../actors/ports.ts';

/** How often the clock is looked at, whoever else looks. */
const TICK_MS = 250;
/** So long between two looks is no work of the event loop; less is, and counts. */
export const HELD_UP_MS = 1_000;
/** Timers fire up to a millisecond early. */
const EARLY_MS = 1;

export interface ServingClockOptions {
  /** Told after each time, with how long it was. */
  onHeldUp: (ms: number) => void;
  /** Never stands still; milliseconds. */
  monotonicMs?: () => number;
}

export class ServingClock {
  readonly #options: Required<ServingClockOptions>;
  readonly #tick: NodeJS.Timeout;
  readonly #waiting = new Map<number, NodeJS.Timeout>();
  #lastTimer = 0;
  #lastMs: number;
  #heldUpMs = 0;

  constructor(options: ServingClockOptions) {
    this.#options = { monotonicMs: () => performance.now(), ...options };
    this.#lastMs = this.#options.monotonicMs();
    this.#tick = setInterval(this.nowMs, TICK_MS).unref();
  }

  /** Monotonic milliseconds in which this process ran. */
  readonly nowMs = (): number => {
    const monotonicMs = this.#options.monotonicMs();
    const sinceMs = monotonicMs - this.#lastMs;
    this.#lastMs = monotonicMs;
    if (sinceMs > HELD_UP_MS) {
      this.#heldUpMs += sinceMs;
      this.#options.onHeldUp(sinceMs);
    }
    return monotonicMs - this.#heldUpMs;
  };

  /** For the charts' deadlines (XState's `Clock`). */
  readonly setTimeout = (fire: (...args: unknown[]) => void, ms: number): number => {
    this.#lastTimer += 1;
    const id = this.#lastTimer;
    this.#wait(id, this.nowMs() + ms, fire);
    return id;
  };

  readonly clearTimeout = (id: number): void => {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
  };

  /** Holds the process no longer; timers that wait go on. */
  stop(): void {
    clearInterval(this.#tick);
  }

  #wait(id: number, dueMs: number, fire: () => void): void {
    const leftMs = dueMs - this.nowMs();
    const timer = setTimeout(() => {
      if (this.nowMs() < dueMs - EARLY_MS) return this.#wait(id, dueMs, fire);
      this.#waiting.delete(id);
      fire();
    }, leftMs);
    this.#waiting.set(id, timer);
  }
}

/** One whose pauses are in the log. */
export function loggedClock(log: Log): ServingClock {
  return new ServingClock({
    onHeldUp: (ms) => log.warn('the process was held up; nobody is blamed for that time', { ms }),
  });
}
