/**
 * Holds back what repeats itself: the first of a kind passes, the others of its window are counted, and the count is
 * told when the window is over.
 *
 * It has no timer: a window is closed by the first call after its end, or by `flush`.
 */

/** How long a line stands for its repeats. */
export const REPEAT_WINDOW_MS = 10_000;
/** Kinds remembered at a time; beyond it the oldest is let go, its count told. */
export const REPEAT_KINDS_MAX = 500;

interface Kind<T> {
  first: T;
  sinceMs: number;
  repeats: number;
}

export class RepeatFilter<T> {
  readonly #tell: (first: T, repeats: number) => void;
  /** Oldest window first. */
  readonly #kinds = new Map<string, Kind<T>>();

  /** `tell` receives the first of a kind again with the number of its repeats, when there were any. */
  constructor(tell: (first: T, repeats: number) => void) {
    this.#tell = tell;
  }

  /** Is this the first of its kind in the window? */
  admits(key: string, item: T, atMs: number): boolean {
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.repeats += 1;
      return false;
    }
    if (this.#kinds.size >= REPEAT_KINDS_MAX) this.#closeOldest();
    this.#kinds.set(key, { first: item, sinceMs: atMs, repeats: 0 });
    return true;
  }

  /** Closes the windows that are over at `atMs`. */
  sweep(atMs: number): void {
    for (const [key, kind] of this.#kinds) {
      if (atMs - kind.sinceMs < REPEAT_WINDOW_MS) return;
      this.#close(key, kind);
    }
  }

  /** Closes every window. */
  flush(): void {
    for (const [key, kind] of this.#kinds) this.#close(key, kind);
  }

  #closeOldest(): void {
    for (const [key, kind] of this.#kinds) return this.#close(key, kind);
  }

  #close(key: string, kind: Kind<T>): void {
    this.#kinds.delete(key);
    if (kind.repeats > 0) this.#tell(kind.first, kind.repeats);
  }
}
