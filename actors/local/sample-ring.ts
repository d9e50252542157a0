/** The newest samples of a session, by their number since its first. */

export class SampleRing {
  readonly #samples: Float32Array;
  #end = 0;

  constructor(capacity: number) {
    this.#samples = new Float32Array(capacity);
  }

  /** One past the newest sample. */
  get end(): number {
    return this.#end;
  }

  append(samples: Float32Array): void {
    const at = this.#end % this.#samples.length;
    const untilWrap = Math.min(samples.length, this.#samples.length - at);
    this.#samples.set(samples.subarray(0, untilWrap), at);
    this.#samples.set(samples.subarray(untilWrap), 0);
    this.#end += samples.length;
  }

  /** A copy of [start, end), as far as it is still there. */
  slice(start: number, end: number): Float32Array {
    const from = Math.max(start, 0, this.#end - this.#samples.length);
    const to = Math.min(end, this.#end);
    const copy = new Float32Array(Math.max(0, to - from));
    for (let index = 0; index < copy.length; index += 1) {
      copy[index] = this.#samples[(from + index) % this.#samples.length] ?? 0;
    }
    return copy;
  }
}
