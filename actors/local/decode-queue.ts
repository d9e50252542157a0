/**
 * Which decode comes next in the engine child: finals before partials, the oldest final first; partials in turns, one of
 * a session at a time, and only while no final waits.
 */

/** Something to decode. Rejecting would be a defect of the engine's; it is told to `onError`. */
export type Decode = () => Promise<void>;

/** A session's wish for a partial, asked for whenever there is room; undefined when it wants none now. */
export type PartialSource = () => Decode | undefined;

/** A decode in work for longer than this hangs, in milliseconds. */
const STUCK_MS = 10_000;

export class DecodeQueue {
  readonly #threads: number;
  readonly #nowMs: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #finals: Decode[] = [];
  readonly #partials = new Map<number, PartialSource>();
  readonly #runningSinceMs = new Set<number>();

  constructor(options: { threads: number; nowMs: () => number; onError: (error: unknown) => void }) {
    this.#threads = options.threads;
    this.#nowMs = options.nowMs;
    this.#onError = options.onError;
  }

  /** Has a decode been in work for longer than any takes? */
  get isStuck(): boolean {
    const oldestMs = Math.min(...this.#runningSinceMs);
    return this.#nowMs() - oldestMs > STUCK_MS;
  }

  /** A session takes part from now on. */
  join(session: number, partials: PartialSource): void {
    this.#partials.set(session, partials);
  }

  leave(session: number): void {
    this.#partials.delete(session);
  }

  final(decode: Decode): void {
    this.#finals.push(decode);
    this.pump();
  }

  /** Starts what can be started; call it when a session may have come to want a partial. */
  pump(): void {
    while (this.#runningSinceMs.size < this.#threads) {
      const decode = this.#finals.shift() ?? this.#nextPartial();
      if (decode === undefined) return;
      this.#run(decode);
    }
  }

  #nextPartial(): Decode | undefined {
    for (const [session, source] of this.#partials) {
      const decode = source();
      if (decode === undefined) continue;
      // To the end of the line.
      this.#partials.delete(session);
      this.#partials.set(session, source);
      return decode;
    }
    return undefined;
  }

  #run(decode: Decode): void {
    let sinceMs = this.#nowMs();
    while (this.#runningSinceMs.has(sinceMs)) sinceMs += 1e-6;
    this.#runningSinceMs.add(sinceMs);
    void decode()
      .catch(this.#onError)
      .finally(() => {
        this.#runningSinceMs.delete(sinceMs);
        this.pump();
      });
  }
}
