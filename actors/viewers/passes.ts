/**
 * The order in which sessions write to their viewers: everything of one turn of the event loop leaves together, in
 * slices, and sessions take turns, so that a large one does not hold up the others.
 */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import PQueue from 'p-queue';

/** Does a slice of a pass; false when the pass is through. */
export type Slice = () => boolean;

export class Passes {
  readonly #queue = new PQueue({ concurrency: 1 });

  /** Runs `slice` at the end of this turn, and again after the others' until it is through. */
  start(slice: Slice): void {
    void this.#queue.add(async () => {
      await endOfTurn();
      if (slice()) this.start(slice);
    });
  }
}

/** The passes of a process that serves one set of viewers. */
export const sharedPasses = new Passes();
