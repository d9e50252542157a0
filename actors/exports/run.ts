/** A run's records as the exports take them: which finals, in which order, and whose voice. Pure. */
import { plainText } from './plain-text.ts';
import type { RecordMessage } from '../wire/messages.ts';

/** An utterance that does not change any more, as on the wire. */
export type Final = Extract<RecordMessage, { type: 'transcript_final' }>;
/** Audio that was not transcribed, as on the wire. */
export type Gap = Extract<RecordMessage, { type: 'gap' }>;

/** One run of a session with everything that it recorded so far. */
export interface TranscriptRun {
  slug: string;
  epoch: number;
  /** Wall time, ISO 8601. */
  startedAt: string;
  /** Wall time, ISO 8601; absent while the run is live. */
  endedAt?: string;
  /** Name of what transcribed it. */
  transcriber: string;
  /** In any order; the exports go by `offset`. */
  records: readonly RecordMessage[];
}

/** Longest time that is written: 2^48 ms, some 8,900 years. What is not a number counts as 0. */
const TIME_MAX_MS = 2 ** 48;

/** A time of the session's clock as whole milliseconds that every format can write: never negative, never NaN. */
export function wholeMs(time: number): number {
  return Number.isNaN(time) ? 0 : Math.min(Math.max(0, Math.round(time)), TIME_MAX_MS);
}

/** Records in the order of their offsets. */
export function inOffsetOrder(records: readonly RecordMessage[]): RecordMessage[] {
  return records.toSorted((one, other) => one.offset - other.offset);
}

/**
 * Finals by offset: those in `language`, or in the language that each utterance was spoken in. A translation is a final
 * of the same utterance in another language and comes later, so the first final of an utterance is the original.
 */
export function finalsOf(run: TranscriptRun, language?: string): Final[] {
  const finals = inOffsetOrder(run.records).filter((record) => record.type === 'transcript_final');
  if (language !== undefined) return finals.filter((final) => final.language === language);
  const originals = new Map<string, string>();
  return finals.filter((final) => {
    const original = originals.get(final.utteranceId) ?? final.language;
    originals.set(final.utteranceId, original);
    return final.language === original;
  });
}

/** Declared gaps by the time at which they start. */
export function gapsOf(run: TranscriptRun): Gap[] {
  const gaps = run.records.filter((record) => record.type === 'gap');
  return gaps.toSorted((one, other) => one.startMs - other.startMs || one.offset - other.offset);
}

/**
 * The name under which a final's speaker is shown, as plain text: engines number speakers, so a number gets a word before it. Undefined
 * where neither a speaker nor a second channel is known.
 */
export function voiceOf({ speaker, channel }: Pick<Final, 'speaker' | 'channel'>): string | undefined {
  const names = [
    ...(channel === undefined || channel === 0 ? [] : [`Channel ${channel + 1}`]),
    ...(speaker === undefined ? [] : [/^\d+$/.test(speaker) ? `Speaker ${speaker}` : plainText(speaker)]),
  ].filter((name) => name !== '');
  return names.length === 0 ? undefined : names.join(', ');
}

/** Parts of a time in whole milliseconds: `hours` of two digits or more, the others of two, `fraction` of three. */
export function clockParts(time: number): { hours: string; minutes: string; seconds: string; fraction: string } {
  const digits = (value: number, count: number): string => String(Math.floor(value)).padStart(count, '0');
  return {
    hours: digits(time / 3_600_000, 2),
    minutes: digits((time / 60_000) % 60, 2),
    seconds: digits((time / 1_000) % 60, 2),
    fraction: digits(time % 1_000, 3),
  };
}
