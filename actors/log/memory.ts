/** The log in memory. Policy when full: the oldest tenth is dropped, and resuming from there is no longer honoured. */
import type { Encoded } from '../wire/encoded.ts';
import type { TranscriptLog } from './port.ts';

/** Records of one run that are kept: more than a day of ceaseless talk. */
export const MEMORY_LOG_MAX_RECORDS = 50_000;

export class MemoryLog implements TranscriptLog {
  readonly #maxRecords: number;
  #records: Encoded[] = [];
  #dropped = 0;

  constructor(maxRecords: number = MEMORY_LOG_MAX_RECORDS) {
    this.#maxRecords = maxRecords;
  }

  get firstOffset(): number {
    return this.#dropped + 1;
  }

  get lastOffset(): number {
    return this.#dropped + this.#records.length;
  }

  append(record: Encoded): void {
    this.#records.push(record);
    if (this.#records.length <= this.#maxRecords) return;
    const drop = Math.ceil(this.#maxRecords / 10);
    this.#records = this.#records.slice(drop);
    this.#dropped += drop;
  }

  read(offset: number): Encoded | undefined {
    return this.#records[offset - this.#dropped - 1];
  }
}
