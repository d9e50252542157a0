/** A clock for charts that moves only when it is told to, from one timer to the next. */

interface Timer {
  id: number;
  dueMs: number;
  fire: () => void;
}

export class VirtualClock {
  nowMs = 0;
  readonly #timers = new Map<number, Timer>();
  #ids = 0;

  /** XState's clock interface. */
  setTimeout(fire: () => void, timeoutMs: number): number {
    this.#ids += 1;
    this.#timers.set(this.#ids, { id: this.#ids, dueMs: this.nowMs + timeoutMs, fire });
    return this.#ids;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Milliseconds until each timer that waits, in order. */
  get waitingMs(): number[] {
    return [...this.#timers.values()].map(({ dueMs }) => dueMs - this.nowMs).toSorted((left, right) => left - right);
  }

  /** Goes on to the next timer and fires it; of timers due together, the one set first. False when there is none. */
  step(): boolean {
    const [next] = [...this.#timers.values()].toSorted((left, right) => left.dueMs - right.dueMs || left.id - right.id);
    if (next === undefined) return false;
    this.#timers.delete(next.id);
    this.nowMs = next.dueMs;
    next.fire();
    return true;
  }
}
