/** Whose turn is next, over all sessions: so many at a time, and so many in a period. */
import PQueue from 'p-queue';

const MINUTE_MS = 60_000;

export interface TurnsOptions {
  concurrency: number;
  /** Turns that may begin in any period. */
  perPeriod?: number;
  periodMs?: number;
}

/** Each session or run waits with one turn at most, so no more wait than there are of them. */
export class Turns {
  readonly #queue: PQueue;

  constructor({ concurrency, perPeriod, periodMs = MINUTE_MS }: TurnsOptions) {
    const rate = perPeriod === undefined ? {} : { intervalCap: perPeriod, interval: periodMs, strict: true };
    this.#queue = new PQueue({ concurrency, ...rate });
  }

  /** Those who wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Does `work` when its turn comes. `signal` takes it out while it waits; work that has begun has to heed it itself. */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const wait = new AbortController();
    const leave = (): void => wait.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await this.#queue.add(
        () => {
          signal.removeEventListener('abort', leave);
          return work();
        },
        { signal: wait.signal },
      );
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}
