/**
 * The leases of a log that one process has: held in memory, gone with the process, under tokens that outlive it.
 *
 * A lease is kept up every third of its time. If that comes too late (the process stood still) it is lost: its signal
 * aborts before anybody else can have the key.
 */
import { LogError } from './port.ts';
import type { Lease } from './port.ts';

/** How often a lease is kept up, as a share of its time. */
const KEPT_UP_SHARE = 1 / 3;

interface Held {
  token: number;
  untilMs: number;
  ended: AbortController;
  timer: NodeJS.Timeout;
}

export interface LeasesOptions {
  /** The next token, greater than all before, and durable. Rejects with a `LogError`. */
  nextToken: () => Promise<number>;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Map<string, Held>();
  /** Keys whose token is on its way. */
  readonly #taking = new Set<string>();
  #isClosed = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** As `SessionLog.lease`. */
  async take(key: string, ttlMs: number): Promise<Lease | undefined> {
    const held = this.#held.get(key);
    if (this.#taking.has(key) || (held !== undefined && this.#options.nowMs() < held.untilMs)) return undefined;
    if (held !== undefined) this.#end(key, held);
    this.#taking.add(key);
    try {
      const token = await this.#options.nextToken();
      if (this.#isClosed) throw new LogError('unavailable', 'The log is closed.');
      return this.#hold(key, token, ttlMs);
    } finally {
      this.#taking.delete(key);
    }
  }

  /** Every lease is over. */
  close(): void {
    this.#isClosed = true;
    for (const [key, held] of this.#held) this.#end(key, held);
  }

  #hold(key: string, token: number, ttlMs: number): Lease {
    const { nowMs } = this.#options;
    const ended = new AbortController();
    const timer = setInterval(() => {
      if (nowMs() >= held.untilMs) this.#end(key, held);
      else held.untilMs = nowMs() + ttlMs;
    }, ttlMs * KEPT_UP_SHARE);
    timer.unref();
    const held: Held = { token, untilMs: nowMs() + ttlMs, ended, timer };
    this.#held.set(key, held);
    return {
      token,
      signal: ended.signal,
      dispose: () => {
        this.#end(key, held);
        return Promise.resolve();
      },
    };
  }

  #end(key: string, held: Held): void {
    clearInterval(held.timer);
    if (this.#held.get(key) === held) this.#held.delete(key);
    held.ended.abort();
  }
}
