/**
 * How far each run's webhooks are delivered, kept over restarts: lines of JSON in one file, written behind the deliveries.
 *
 * A crash loses the newest lines at most, and what they confirmed is sent again. Epochs of runs only grow, so runs that
 * are through are remembered as one number.
 */
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';

/** The file is written anew, with what counts alone, once it has grown by this. */
const GROWTH_MAX_BYTES = 1_048_576;

interface Line {
  /** Runs up to this epoch are through, unless they stand below. */
  floor?: number;
  epoch?: number;
  /** Offset of the newest event that is delivered or dropped. */
  at?: number;
  /** All of this run is through. */
  isDone?: boolean;
}

export interface JournalOptions {
  path: string;
  /** Runs up to this epoch are no concern of a journal that is new. */
  newestEpoch: number;
  /** The file could not be written. */
  onFault: (error: unknown) => void;
}

export class DeliveryJournal {
  readonly #options: JournalOptions;
  #floor: number;
  readonly #positions = new Map<number, number>();
  readonly #done = new Set<number>();
  #unwritten = '';
  #grownBytes = 0;
  #writing: Promise<void> | undefined;

  private constructor(options: JournalOptions, floor: number) {
    this.#options = options;
    this.#floor = floor;
  }

  static async open(options: JournalOptions): Promise<DeliveryJournal> {
    const text = await readFile(options.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const journal = new DeliveryJournal(options, text === undefined ? options.newestEpoch : 0);
    for (const line of text?.split('\n') ?? []) journal.#read(parsed(line));
    await journal.#rewrite();
    return journal;
  }

  /** Offset of the newest event that is through, -1 before the first; undefined when all are. */
  positionOf(epoch: number): number | undefined {
    if (this.#done.has(epoch)) return undefined;
    const known = this.#positions.get(epoch);
    return known === undefined && epoch <= this.#floor ? undefined : (known ?? -1);
  }

  /** A run's events are from now on delivered. */
  begin(epoch: number): void {
    if (!this.#positions.has(epoch)) this.advance(epoch, -1);
  }

  /** Everything up to `offset` is through. */
  advance(epoch: number, offset: number): void {
    this.#positions.set(epoch, offset);
    this.#write({ epoch, at: offset });
  }

  /** All of the run is through. */
  complete(epoch: number): void {
    this.#positions.delete(epoch);
    this.#done.add(epoch);
    this.#write({ epoch, isDone: true });
  }

  /** Resolves when everything is in the file, or could not be written. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #read({ floor, epoch, at, isDone }: Line): void {
    if (isCount(floor)) this.#floor = floor;
    if (!isCount(epoch)) return;
    if (isDone === true) {
      this.#positions.delete(epoch);
      this.#done.add(epoch);
    } else if (isCount(at) || at === -1) this.#positions.set(epoch, at);
  }

  #write(line: Line): void {
    this.#unwritten += `${JSON.stringify(line)}\n`;
    this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#unwritten !== '') {
      const text = this.#unwritten;
      this.#unwritten = '';
      this.#grownBytes += text.length;
      try {
        if (this.#grownBytes > GROWTH_MAX_BYTES) await this.#rewrite();
        else await appendFile(this.#options.path, text);
      } catch (error) {
        // What was lost of the file is in memory: the next time all of it is written.
        this.#grownBytes = Infinity;
        this.#options.onFault(error);
      }
    }
    this.#writing = undefined;
  }

  /** Puts a new file in the place of the old one, which is whole until then. */
  async #rewrite(): Promise<void> {
    const oldest = Math.min(...this.#positions.keys());
    const through = Number.isFinite(oldest) ? oldest - 1 : Math.max(this.#floor, ...this.#done);
    this.#floor = Math.max(this.#floor, through);
    for (const epoch of this.#done) if (epoch <= this.#floor) this.#done.delete(epoch);
    const lines: Line[] = [
      { floor: this.#floor },
      ...[...this.#positions].map(([epoch, at]) => ({ epoch, at })),
      ...[...this.#done].map((epoch) => ({ epoch, isDone: true })),
    ];
    const { path } = this.#options;
    await writeFile(`${path}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await rename(`${path}.new`, path);
    this.#grownBytes = 0;
  }
}

/** A line that was cut by a crash is none. */
function parsed(line: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
