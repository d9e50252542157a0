/** The newest lines of a stream of text, for the log when its writer dies. */

/** Longest line that is kept, in characters; the rest of it is dropped. */
const LINE_MAX = 500;

export class LineBuffer {
  readonly #max: number;
  readonly #lines: string[] = [];
  #rest = '';

  /** Keeps the last `max` lines. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Takes any piece of the stream. */
  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = (lines.pop() ?? '').slice(0, LINE_MAX);
    for (const line of lines.slice(-this.#max)) this.#lines.push(line.slice(0, LINE_MAX));
    this.#lines.splice(0, this.#lines.length - this.#max);
  }

  lines(): string[] {
    return this.#rest === '' ? [...this.#lines] : [...this.#lines, this.#rest];
  }
}
