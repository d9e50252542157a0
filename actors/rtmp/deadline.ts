/** The one deadline that a connection has at a time. */
export class Deadline {
  readonly #receivedBytes: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param receivedBytes Bytes that have come so far. */
  constructor(receivedBytes: () => number) {
    this.#receivedBytes = receivedBytes;
  }

  /** In place of the one before: `passed` is called in `ms`. Where `isExtended`, bytes that come buy the time again. */
  set(ms: number, isExtended: boolean, passed: () => void): void {
    this.clear();
    const timer = setTimeout(() => {
      // After a stall of our own what has come in time waits to be read; that is done before the immediates.
      const before = this.#receivedBytes();
      setImmediate(() => {
        if (this.#timer !== timer) return;
        if (isExtended && this.#receivedBytes() > before) timer.refresh();
        else passed();
      });
    }, ms);
    this.#timer = timer;
  }

  /** The time begins again. */
  refresh(): void {
    this.#timer?.refresh();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
