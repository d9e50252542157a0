const WRAP_MS = 2 ** 32;

/**
 * Unwraps the 32-bit millisecond timestamps of one stream (they wrap after 49.7 days): a step of less than half the
 * range forward is forward, anything else is a step back. Steps are passed on as they are; judging them is for the
 * session's clock.
 */
export class TimestampUnwrapper {
  #last: number | undefined;

  next(timestamp: number): number {
    if (this.#last === undefined) return (this.#last = timestamp);
    const step = (timestamp - (this.#last % WRAP_MS)) | 0;
    const unwrapped = this.#last + step;
    return (this.#last = unwrapped < 0 ? timestamp : unwrapped);
  }
}
