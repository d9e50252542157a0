/** What keeps an engine's inventions from viewers: small models repeat themselves when they lose the thread. Pure. */

const REPEATED_WORDS = 3;
/** The same three words this often are no speech. */
const REPEATS_MAX = 4;
/** Faster than anybody talks; together with any repeat it is no speech. */
const WORDS_PER_SECOND_MAX = 5;

/** The text up to where it begins to repeat itself, for `seconds` of speech; the whole text if it does not. */
export function withoutRepeats(text: string, seconds: number): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const isTooFast = words.length > Math.max(1, seconds) * WORDS_PER_SECOND_MAX;
  const seen = new Map<string, number[]>();
  for (let at = 0; at + REPEATED_WORDS <= words.length; at += 1) {
    const key = words
      .slice(at, at + REPEATED_WORDS)
      .join(' ')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} ]/gu, '');
    const places = [...(seen.get(key) ?? []), at];
    seen.set(key, places);
    const second = places[1];
    if (second !== undefined && places.length >= (isTooFast ? 2 : REPEATS_MAX)) return words.slice(0, second).join(' ');
  }
  return text;
}
