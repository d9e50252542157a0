/** The log of a session's run: records in the order of their offsets, 1 first, without holes. */
import type { Encoded } from '../wire/encoded.ts';

export interface TranscriptLog {
  /** Oldest offset that can still be read; 1 unless records were dropped. */
  readonly firstOffset: number;
  /** Newest offset; 0 before the first record. */
  readonly lastOffset: number;
  /** Adds the record with the offset `lastOffset + 1`. */
  append(record: Encoded): void;
  /** The record of this offset, if it is there. */
  read(offset: number): Encoded | undefined;
}
