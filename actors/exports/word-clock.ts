/** When each part of a final was said: by the places of its letters among those of its timed words. Pure. */
import { wholeMs } from './run.ts';
import type { Final } from './run.ts';

/** Milliseconds on the session's clock. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** A timed word's place: its letters go from `from` to `until`. */
interface Place extends Span {
  from: number;
  until: number;
}

/** Rounding of places when the words have more or fewer letters than the text. */
const TOLERANCE = 1e-6;

const letters = (text: string): number => text.replace(/[^\p{L}\p{M}\p{N}]/gu, '').length;
const characters = (text: string): number => text.replace(/\s/g, '').length;

/**
 * Times of `parts`, which make up the final's text in order, rising from part to part. Words and text are compared by
 * letters alone, as engines punctuate and space them differently; without words the final's time is shared out by
 * letters.
 */
export function timesOf(parts: readonly string[], final: Final): Span[] {
  const said = final.words?.length ? final.words : [{ ...final, text: parts.join('') }];
  const measure = letters(parts.join('')) > 0 && said.some(({ text }) => letters(text) > 0) ? letters : characters;
  const places = placesOf(said, measure);
  const measures = parts.map(measure);
  const total = measures.reduce((sum, length) => sum + length, 0);
  const scale = (places.at(-1)?.until ?? 0) / Math.max(1, total);
  const startAt = reader(places, (place, position) => place.until > position + TOLERANCE);
  const endAt = reader(places, (place, position) => place.until >= position - TOLERANCE);
  let before = 0;
  let latest = 0;
  return measures.map((length) => {
    const startMs = Math.max(latest, startAt(before * scale));
    before += length;
    latest = startMs;
    return { startMs, endMs: Math.max(startMs, endAt(before * scale)) };
  });
}

function placesOf(words: readonly (Span & { text: string })[], measure: (text: string) => number): Place[] {
  let from = 0;
  let latest = 0;
  return words.map((word) => {
    const startMs = Math.max(latest, wholeMs(word.startMs));
    const place = { startMs, endMs: Math.max(startMs, wholeMs(word.endMs)), from, until: from + measure(word.text) };
    latest = startMs;
    from = place.until;
    return place;
  });
}

/** A function from rising positions to times; within a word they go by letters. */
function reader(places: readonly Place[], holds: (place: Place, position: number) => boolean) {
  let at = 0;
  return (position: number): number => {
    for (let place = places[at]; place && at < places.length - 1 && !holds(place, position); place = places[at])
      at += 1;
    const { startMs, endMs, from, until } = places[at] ?? { startMs: 0, endMs: 0, from: 0, until: 0 };
    const part = until > from ? (position - from) / (until - from) : 0;
    return Math.round(startMs + (endMs - startMs) * Math.min(1, Math.max(0, part)));
  };
}
