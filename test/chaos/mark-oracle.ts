/**
 * Is every word that was sent either in the transcript, once, in order and in its place, or in a declared gap; and is every
 * gap true? Pure.
 *
 * Words are numbers that count up through a run. Each stay of a publisher begins with a sentence far enough ahead that no
 * word tells of two stays.
 */
import { WORDS } from '../gladia-simulator/marks.ts';
import { placeOf, wordMs } from './talk.ts';
import type { Told } from './record-keeper.ts';

/** One stay of a publisher. */
export interface Stay {
  /** Number of its first word, counted from the first word of the run's first stay. */
  firstWord: number;
  /** What of it has certainly reached the server; `all`: up to the end of the run's sound. */
  heardMs: number | 'all';
}

export interface Speech {
  /** Of the run, in the order of their offsets, its end included. */
  records: readonly Told[];
  stays: readonly Stay[];
  /** What word 0 of the run is called. */
  firstName: number;
}

/** How far from its place a word may be told, and how far beyond its edge a gap may reach. */
const TOLERANCE_MS = 150;
/** A word that is cut ends or begins this near to the edge of what cut it. */
const EDGE_MS = 700;
/** A declared gap may touch a word that is transcribed, no more. */
const OVERLAP_MAX = 0.6;

interface Span {
  startMs: number;
  endMs: number;
}

interface Heard extends Span {
  /** Counted like `Stay.firstWord`; undefined when it could not be told which word it was. */
  index: number | undefined;
  stay: number;
}

/** Faults, in words; empty when the transcript is true. */
export function judgeMarks(speech: Speech): string[] {
  const gaps = spansOf(speech.records, 'gap');
  const heard = wordsOf(speech);
  const whole = heard.filter(({ index }) => index !== undefined);
  const garbled = heard.filter(({ index }) => index === undefined);
  const bases = speech.stays.map((stay, number) => baseOf(stay, whole, number));
  const { reason, ledger } = speech.records.at(-1) ?? {};
  const receivedMs = ledger?.receivedMs ?? 0;
  const lostMs = reason === 'server_lost' ? receivedMs : Infinity;
  const legitimate = garbled.filter((word) => isCut(word, heard, gaps, bases));
  return [
    ...orderFaults(whole),
    ...gapFaults(gaps, whole),
    ...garbled.filter((word) => !legitimate.includes(word)).map(({ startMs }) => `a garbled word at ${startMs} ms`),
    ...speech.stays.flatMap((stay, number) => {
      const words = whole.filter((word) => word.stay === number);
      const next = speech.stays[number + 1];
      return stayFaults({
        stay,
        base: bases[number],
        words,
        covered: [...gaps, ...legitimate],
        next,
        receivedMs,
        lostMs,
      });
    }),
  ];
}

/** Is the account right, and does it agree with the gaps that were told? */
export function judgeLedger(records: readonly Told[]): string[] {
  const end = records.at(-1);
  const ledger = end?.ledger;
  if (end?.type !== 'session_end' || ledger === undefined) return ['there is no end with a ledger'];
  const { receivedMs, transcribedMs, gapMs } = ledger;
  const gaps = spansOf(records, 'gap');
  const told = gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return [
    ...(receivedMs === transcribedMs + gapMs ? [] : [`ledger: ${receivedMs} is not ${transcribedMs} + ${gapMs}`]),
    ...(Math.abs(told - gapMs) <= gaps.length + 1
      ? []
      : [`ledger: gaps of ${told} ms were told, ${gapMs} ms are counted`]),
  ];
}

function spansOf(records: readonly Told[], type: string): Span[] {
  return records.flatMap((record) => {
    const { startMs = 0, endMs = 0 } = record;
    return record.type === type ? [{ startMs, endMs }] : [];
  });
}

function wordsOf({ records, stays, firstName }: Speech): Heard[] {
  const spoken = records.flatMap(({ type, words = [] }) => (type === 'transcript_final' ? words : []));
  return spoken.map(({ text, startMs, endMs }) => {
    const [, number] = /^w(\d+)$/.exec(text.trim()) ?? [];
    const index = number === undefined ? undefined : (((Number(number) - firstName) % WORDS) + WORDS) % WORDS;
    const stay = index === undefined ? -1 : stays.findLastIndex(({ firstWord }) => firstWord <= index);
    return { startMs, endMs, index, stay };
  });
}

/** Where the stay begins on the session's clock, as most of its words say; undefined when none was heard. */
function baseOf({ firstWord }: Stay, words: readonly Heard[], number: number): number | undefined {
  const bases = words
    .filter(({ stay }) => stay === number)
    .map(({ startMs, index = 0 }) => startMs - (placeOf(index) - placeOf(firstWord)))
    .toSorted((one, other) => one - other);
  return bases[Math.floor(bases.length / 2)];
}

function orderFaults(words: readonly Heard[]): string[] {
  return words.slice(1).flatMap(({ index = 0, startMs }, before) => {
    const last = words[before]?.index ?? -1;
    if (index > last) return [];
    return [`word ${index} ${index === last ? 'twice' : `after word ${last}`} at ${startMs} ms`];
  });
}

function gapFaults(gaps: readonly Span[], words: readonly Heard[]): string[] {
  const sorted = gaps.toSorted((one, other) => one.startMs - other.startMs);
  const overlapping = sorted.slice(1).filter(({ startMs }, before) => startMs < (sorted[before]?.endMs ?? 0));
  return [
    ...overlapping.map(({ startMs }) => `two gaps at ${startMs} ms`),
    ...words
      .filter((word) => gaps.some((gap) => overlapMs(gap, word) > OVERLAP_MAX * (word.endMs - word.startMs)))
      .map(({ index, startMs }) => `word ${index} at ${startMs} ms is transcribed and declared as a gap`),
  ];
}

function overlapMs(one: Span, other: Span): number {
  return Math.min(one.endMs, other.endMs) - Math.max(one.startMs, other.startMs);
}

/** May this word be garbled: was it cut by a gap, or at the border of two stays? */
function isCut(
  word: Heard,
  all: readonly Heard[],
  gaps: readonly Span[],
  bases: readonly (number | undefined)[],
): boolean {
  const at = all.indexOf(word);
  const before = all.slice(0, at).findLast(({ index }) => index !== undefined);
  const after = all.slice(at + 1).find(({ index }) => index !== undefined);
  if (before === undefined || after === undefined || before.stay !== after.stay) return true;
  const near = (span: Span): boolean => overlapMs(span, word) > -EDGE_MS;
  return gaps.some(near) || bases.some((base = -Infinity) => near({ startMs: base, endMs: base }));
}

interface JudgedStay {
  stay: Stay;
  base: number | undefined;
  words: readonly Heard[];
  /** Where a word may be missing. */
  covered: readonly Span[];
  next: Stay | undefined;
  /** All sound of the run. */
  receivedMs: number;
  /** What came later went with a server that was killed. */
  lostMs: number;
}

function stayFaults({ stay, base, words, covered, next, receivedMs, lostMs }: JudgedStay): string[] {
  if (base === undefined) {
    const gapMs = covered.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    const heardMs = stay.heardMs === 'all' ? 0 : stay.heardMs;
    return gapMs + TOLERANCE_MS >= heardMs ? [] : [`nothing of ${heardMs} ms from word ${stay.firstWord} on`];
  }
  const soundMs = receivedMs - base - EDGE_MS;
  const certain = wordsWithin(stay.firstWord, stay.heardMs === 'all' ? soundMs : Math.min(stay.heardMs, lostMs - base));
  const placed = (index: number): number => base + placeOf(index) - placeOf(stay.firstWord);
  const last = Math.max(certain - 1, ...words.map(({ index = 0 }) => index));
  const end = Math.min(last, (next?.firstWord ?? Infinity) - 1);
  const told = new Set(words.map(({ index }) => index));
  const expected = Array.from({ length: Math.max(0, end - stay.firstWord + 1) }, (_, count) => stay.firstWord + count);
  const isCovered = (index: number): boolean => {
    const word = { startMs: placed(index) - TOLERANCE_MS, endMs: placed(index) + wordMs + TOLERANCE_MS };
    return covered.some((span) => overlapMs(span, word) > 0);
  };
  return [
    ...expected
      .filter((index) => !told.has(index) && !isCovered(index))
      .map((index) => `word ${index} at ${placed(index)} ms is lost without a gap`),
    ...words
      .filter(({ index = 0, startMs }) => Math.abs(startMs - placed(index)) > TOLERANCE_MS)
      .map(({ index = 0, startMs }) => `word ${index} is told at ${startMs} ms and was said at ${placed(index)} ms`),
  ];
}

/** One past the last word that was certainly received. */
function wordsWithin(firstWord: number, heardMs: number): number {
  let index = firstWord;
  while (placeOf(index) - placeOf(firstWord) + wordMs <= heardMs) index += 1;
  return index;
}
