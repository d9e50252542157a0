/** Captions on a terminal: the partial rewritten in place, each final a line of its own with its time. */
import type { WriteStream } from 'node:tty';

interface Said {
  text: string;
  /** On the session's audio clock. */
  startMs: number;
}

export class CaptionPrinter {
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  final({ text, startMs }: Said): void {
    this.#line(`${clock(startMs)}  ${text}\n`);
  }

  /** Only a terminal can take it back again. */
  partial({ text, startMs }: Said): void {
    if (this.#stream.isTTY) this.#line(`\u001B[2m${this.#fit(`${clock(startMs)}  ${text}`)}\u001B[0m`);
  }

  end(): void {
    this.#line('');
  }

  #line(content: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\u001B[2K${content}` : content);
  }

  /** The end of a partial that is longer than the terminal is wide: the newest words matter. */
  #fit(line: string): string {
    const columns = this.#stream.columns - 1;
    return line.length <= columns ? line : `…${line.slice(1 - columns)}`;
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
