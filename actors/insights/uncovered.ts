/** What of a session's transcript no insight has covered yet: read from its records, nothing of it is kept here. */
import type { FollowedRecords } from './port.ts';

/** Longest part of the transcript that goes into one call, in UTF-16 units; of more, the newest. */
export const EXCERPT_MAX = 24_000;

/** What one call is about. */
export interface Excerpt {
  /** `speaker: text`, oldest first. */
  lines: string[];
  /** Offset of the newest record in it. */
  upToOffset: number;
  /** Older lines did not fit. */
  isCut: boolean;
  /** Of the last insight. */
  summary: string | undefined;
}

export class Uncovered {
  readonly #records: FollowedRecords;
  #coveredTo = 0;
  #countedTo = 0;
  #finals = 0;
  #summary: string | undefined;

  constructor(records: FollowedRecords) {
    this.#records = records;
  }

  /** Finals that no insight has covered. */
  get finals(): number {
    const { lastOffset } = this.#records;
    for (; this.#countedTo < lastOffset; this.#countedTo += 1) {
      if (this.#records.read(this.#countedTo + 1)?.type === 'transcript_final') this.#finals += 1;
    }
    return this.#finals;
  }

  excerpt(): Excerpt {
    const upToOffset = this.#records.lastOffset;
    const lines: string[] = [];
    let length = 0;
    let isCut = false;
    for (let offset = upToOffset; offset > this.#coveredTo && !isCut; offset -= 1) {
      const message = this.#records.read(offset)?.message;
      if (message?.type !== 'transcript_final') continue;
      const line = lineOf(message);
      length += line.length + 1;
      isCut = length > EXCERPT_MAX;
      if (!isCut) lines.unshift(line);
    }
    return { lines, upToOffset, isCut, summary: this.#summary };
  }

  /** An insight covers everything up to this record; without a summary it was given up. */
  cover(upToOffset: number, summary?: string): void {
    this.#coveredTo = upToOffset;
    this.#countedTo = upToOffset;
    this.#finals = 0;
    this.#summary = summary ?? this.#summary;
  }
}

function lineOf({ speaker, text }: { speaker?: string; text: string }): string {
  const line = speaker === undefined ? text : `${speaker}: ${text}`;
  return line.replace(/\s+/g, ' ').slice(0, EXCERPT_MAX - 1);
}
