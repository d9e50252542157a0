/** Which sessions have series of their own: a budget, for every label value costs memory here and in Prometheus. */

/** Sessions that are labelled by name at a time; further ones share `other`. */
export const LABELLED_SESSIONS_MAX = 200;
export const OTHER = 'other';
/** From a session's end until its series go. */
export const LABEL_KEPT_MS = 60_000;

export class SessionLabels {
  readonly #onForgotten: (name: string) => void;
  readonly #keptMs: number;
  /** How many runs of a name go on; 0 while it waits to be forgotten. */
  readonly #runs = new Map<string, { count: number; timer: NodeJS.Timeout | undefined }>();

  /** @param onForgotten The series of this name are to go. */
  constructor(onForgotten: (name: string) => void, keptMs = LABEL_KEPT_MS) {
    this.#onForgotten = onForgotten;
    this.#keptMs = keptMs;
  }

  /** A session has begun; what its series are called. */
  begin(slug: string): string {
    const known = this.#runs.get(slug);
    if (known === undefined && this.#runs.size >= LABELLED_SESSIONS_MAX) return OTHER;
    clearTimeout(known?.timer);
    this.#runs.set(slug, { count: (known?.count ?? 0) + 1, timer: undefined });
    return slug;
  }

  /** The session that got this label has ended. */
  end(label: string): void {
    const known = this.#runs.get(label);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count > 0) return;
    known.timer = setTimeout(() => {
      this.#runs.delete(label);
      this.#onForgotten(label);
    }, this.#keptMs);
    known.timer.unref();
  }

  close(): void {
    for (const { timer } of this.#runs.values()) clearTimeout(timer);
  }
}
