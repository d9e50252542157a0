/** What happened at the simulated Gladia, in order, and a way to wait for it. */

export type JournalEventType =
  | ('post' | 'post_answered' | 'refused' | 'get' | 'delete')
  | ('dial' | 'open' | 'audio' | 'ack' | 'message' | 'stop' | 'close_received' | 'closed')
  | ('ended' | 'expired' | 'fault' | 'violation');

export interface JournalEntry {
  /** On the clock of `performance.now()`. */
  atMs: number;
  type: JournalEventType;
  session?: string;
  details: Record<string, unknown>;
}

export type Note = (type: JournalEventType, details?: Record<string, unknown>) => void;

interface Waiting {
  type: JournalEventType;
  fits: (entry: JournalEntry) => boolean;
  missing: number;
  resolve: (entry: JournalEntry) => void;
}

export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #waiting = new Set<Waiting>();

  note(type: JournalEventType, session?: string, details: Record<string, unknown> = {}): void {
    const entry = { atMs: performance.now(), type, details, ...(session !== undefined && { session }) };
    this.entries.push(entry);
    for (const waiting of this.#waiting) this.#offer(waiting, entry);
  }

  count(type: JournalEventType): number {
    return this.entries.filter((entry) => entry.type === type).length;
  }

  /** Resolves at the first entry of this type that fits (at the `times`-th), those already written included. */
  when(
    type: JournalEventType,
    fits: (entry: JournalEntry) => boolean = () => true,
    times: number = 1,
  ): Promise<JournalEntry> {
    return new Promise((resolve) => {
      const waiting = { type, fits, missing: times, resolve };
      this.#waiting.add(waiting);
      for (const entry of this.entries) this.#offer(waiting, entry);
    });
  }

  #offer(waiting: Waiting, entry: JournalEntry): void {
    if (!this.#waiting.has(waiting) || entry.type !== waiting.type || !waiting.fits(entry)) return;
    waiting.missing -= 1;
    if (waiting.missing > 0) return;
    this.#waiting.delete(waiting);
    waiting.resolve(entry);
  }
}
