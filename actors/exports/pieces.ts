/** A final's text in the pieces between which a subtitle may break, with their times and how good each break is. Pure. */
import { smallWordsOf } from './connectives.ts';
import type { SmallWords } from './connectives.ts';
import { plainText } from './plain-text.ts';
import type { Final } from './run.ts';
import { graphemesOf, widthOf } from './width.ts';
import { timesOf } from './word-clock.ts';
import type { Span } from './word-clock.ts';

/** How bad a break after a piece is, in the order that guidelines ask for (BBC Subtitle Guidelines, Netflix TTSG). */
export const breakCosts = { sentence: 0, pause: 0, clause: 4, connective: 8, plain: 14, clinging: 24, word: 60 };

/** What may not be broken: a word, or one of the parts of a text that is written without spaces. */
export interface Piece extends Span {
  text: string;
  /** Columns. */
  width: number;
  /** Does a space stand before it? */
  spaced: boolean;
  /** How good it is to break after it. */
  after: keyof typeof breakCosts;
}

/** A part of the text before it has a time. `torn`: the word goes on in the next part. */
type Part = Pick<Piece, 'text' | 'width' | 'spaced'> & { torn?: boolean };

/** A silence that ends a cue as a full stop does. */
const PAUSE_MS = 1_000;
/** Parts of unspaced text are joined by rule up to these columns. */
const PHRASE_MAX = 16;

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const QUOTES = `["'”’»›)\\]」』】》]*$`;
const SENTENCE_END = new RegExp(`[.?!…。！？｡؟۔।]${QUOTES}`, 'u');
const CLAUSE_END = new RegExp(`[,;:،؛、，；：–—]${QUOTES}`, 'u');
const OPENING = /^[\p{Ps}\p{Pi}¿¡]+$/u;
const CLOSING = /^(?![\p{Ps}\p{Pi}¿¡])[\p{P}\p{M}]+$/u;
const PARTICLE = /^[\p{Script=Hiragana}ー]+$/u;

const words = new Intl.Segmenter('en', { granularity: 'word' });

/** @param widthMax Columns of a line: no piece is wider, so a word that is gets torn. */
export function piecesOf(final: Final, widthMax: number): Piece[] {
  const parts = plainText(final.text)
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => partsOf(word))
    .reduce<Part[]>((joined, part) => join(joined, part, widthMax), [])
    .flatMap((part) => tear(part, widthMax));
  const texts = parts.map((part) => part.text);
  const times = timesOf(texts, final);
  const small = smallWordsOf(final.language);
  return parts.map(({ torn, ...part }, index) => {
    const time = times[index] ?? { startMs: 0, endMs: 0 };
    const next = parts[index + 1];
    const silence = (times[index + 1]?.startMs ?? time.endMs) - time.endMs;
    return { ...part, ...time, after: torn ? 'word' : breakAfter(part, next, silence, small) };
  });
}

function partsOf(word: string): Part[] {
  const texts = UNSPACED.test(word) ? [...words.segment(word)].map(({ segment }) => segment) : [word];
  return texts.map((text, index) => ({ text, width: widthOf(text), spaced: index === 0 }));
}

/** Punctuation stays with its word, spaced or not ("Non !"), and a Japanese particle with what it marks. */
function join(joined: Part[], part: Part, widthMax: number): Part[] {
  const last = joined.at(-1);
  const text = last && `${last.text}${part.spaced ? ' ' : ''}${part.text}`;
  const width = text === undefined ? 0 : widthOf(text);
  const particle =
    !part.spaced && width <= PHRASE_MAX && PARTICLE.test(part.text) && !SENTENCE_END.test(last?.text ?? '');
  const bound = last && (OPENING.test(last.text) || CLOSING.test(part.text) || particle);
  if (text === undefined || !bound || width > widthMax) joined.push(part);
  else joined[joined.length - 1] = { text, width, spaced: last.spaced };
  return joined;
}

/** A word that no line holds, in parts that lines hold. */
function tear(part: Part, widthMax: number): Part[] {
  if (part.width <= widthMax) return [part];
  const texts: string[] = [];
  let width = Infinity;
  for (const grapheme of graphemesOf(part.text)) {
    const more = widthOf(grapheme);
    if (width + more > widthMax) {
      texts.push(grapheme);
      width = more;
    } else {
      texts[texts.length - 1] += grapheme;
      width += more;
    }
  }
  return texts.map((text, index) => ({
    ...{ text, width: widthOf(text), spaced: index === 0 && part.spaced },
    torn: index < texts.length - 1,
  }));
}

function breakAfter(part: Part, next: Part | undefined, silenceMs: number, small: SmallWords): Piece['after'] {
  const word = bare(part.text);
  const following = bare(next?.text ?? '');
  if (silenceMs >= PAUSE_MS) return 'pause';
  if (SENTENCE_END.test(part.text) && !small.clings(`${word}.`)) {
    // A full stop before a small letter is an abbreviation's, or the engine's guess.
    return /^\p{Ll}/u.test(following) ? 'clause' : 'sentence';
  }
  if (CLAUSE_END.test(part.text)) return 'clause';
  if (small.clings(word) || small.clings(part.text)) return 'clinging';
  return small.opens(following) ? 'connective' : 'plain';
}

function bare(text: string): string {
  return text.replace(/^[\p{P}\p{S}]+|(?<![\p{P}\p{S}])[\p{P}\p{S}]+$/gu, '');
}
