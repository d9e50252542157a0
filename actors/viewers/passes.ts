/**
 * The order in which sessions write to their viewers: everything of one turn of the event loop leaves together, in slices
 * of which each session gets one after the other, so that a large one does not hold up the small ones; and after a few
 * milliseconds the rest of the server has its turn.
 */
import { callInto } from '../call-into.ts';

/** How long slices are done before the rest of the server gets its turn. */
const BUDGET_MS = 2;

/** Does a slice of a pass; false when the pass is through. */
export type Slice = () => boolean;

interface Pass {
  /** A slice that throws is the last, and what it throws is its session's. */
  slice: Slice;
  done: () => void;
}

export class Passes {
  #waiting: Pass[] = [];
  #isScheduled = false;
  readonly #nowMs: () => number;

  /** @param nowMs Monotonic milliseconds. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Runs `slice` at the end of this turn, and again in turns with others; resolves when it is through. */
  run(slice: Slice): Promise<void> {
    return new Promise((resolve) => {
      const call = callInto();
      const guarded = (): boolean => {
        let isMore = false;
        call(() => void (isMore = slice()));
        return isMore;
      };
      this.#waiting.push({ slice: guarded, done: resolve });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#runSlices();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #runSlices(): void {
    const untilMs = this.#nowMs() + BUDGET_MS;
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      for (const [index, pass] of round.entries()) {
        if (pass.slice()) this.#waiting.push(pass);
        else pass.done();
        if (this.#nowMs() < untilMs) continue;
        // Whoever has not had its slice in this round is first in the next.
        this.#waiting.unshift(...round.slice(index + 1));
        return;
      }
    }
  }
}

/** The passes of a process that serves one set of viewers. */
export const sharedPasses = new Passes();
