/** One line of progress, rewritten in place on a terminal and silent elsewhere. */
import type { WriteStream } from 'node:tty';

const BAR_COLUMNS = 24;

export class ProgressLine {
  readonly #stream: WriteStream;
  #isShown = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** Shows `label` with a bar; `fraction` from 0 to 1. */
  show(label: string, fraction: number): void {
    if (!this.#stream.isTTY) return;
    const filled = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_COLUMNS);
    this.#stream.write(`\r\u001B[2K${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)} ${label}`);
    this.#isShown = true;
  }

  /** Removes the line. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\u001B[2K');
    this.#isShown = false;
  }
}
