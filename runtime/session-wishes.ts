/**
 * What `POST /sessions` may ask of a session, checked with Gladia's own limits, so that a typo is told here and not by a
 * refusal in mid-broadcast.
 */
import type { GladiaSessionOptions, VocabularyEntry } from '../actors/gladia/init-request.ts';
import { isLanguage } from '../actors/gladia/languages.ts';
import { SLUG_PATTERN } from './slug.ts';

/** A session's own options; what is absent is the server's. */
export interface SessionWishes {
  transcriber?: 'gladia' | 'local';
  gladia: Partial<GladiaSessionOptions>;
}

/** `detail` names every field that is wrong and what was expected. */
export type ParsedWishes = { slug: string; wishes: SessionWishes } | { detail: string };

type Fields = Record<string, unknown>;
/** What a field must be, or undefined when it is. */
type Check = (value: unknown) => string | undefined;

const VOCABULARY_MAX = 1_000;
const WORD_MAX = 200;

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= WORD_MAX;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length <= VOCABULARY_MAX && value.every(fits);

const languages: Check = (value) =>
  isList(value, (code) => typeof code === 'string' && isLanguage(code)) && new Set(value as string[]).size > 0
    ? undefined
    : 'a list of language codes that Gladia knows, such as ["en", "fr"]';

const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string) ? undefined : `one of ${words.join(', ')}`;

const isShare = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && value >= 0 && value <= 1);

const isEntry = (value: unknown): value is VocabularyEntry => {
  if (!isObject(value)) return isText(value);
  const { value: word, intensity, pronunciations, language, ...others } = value;
  const isKnown = language === undefined || (typeof language === 'string' && isLanguage(language));
  const isSaid = pronunciations === undefined || isList(pronunciations, isText);
  return isText(word) && isShare(intensity) && isSaid && isKnown && Object.keys(others).length === 0;
};

const checks: Record<string, Check> = {
  slug: (value) =>
    typeof value === 'string' && SLUG_PATTERN.test(value) ? undefined : 'a slug: a-z, 0-9 and -, at most 64',
  transcriber: oneOf('gladia', 'local'),
  languages,
  codeSwitching: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  vocabulary: (value) =>
    isList(value, isEntry)
      ? undefined
      : `a list of at most ${VOCABULARY_MAX} words, or of {"value", "intensity" 0–1, "pronunciations", "language"}`,
  spelling: (value) =>
    isObject(value) && Object.entries(value).every(([word, heard]) => isText(word) && isList(heard, isText))
      ? undefined
      : 'an object of what is written to lists of what is heard, such as {"Gladia": ["gladya"]}',
  translations: languages,
  endpointing: (value) =>
    typeof value === 'number' && value >= 0.01 && value <= 10 ? undefined : 'a number of seconds from 0.01 to 10',
  region: oneOf('eu-west', 'us-west'),
  model: oneOf('solaria-1'),
};

/** Reads a body that is JSON. */
export function parseWishes(body: unknown): ParsedWishes {
  if (!isObject(body)) return { detail: 'The body must be an object.' };
  const faults = Object.entries(body).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return [`${name.slice(0, 40)} is not known (${Object.keys(checks).join(', ')}).`];
    const expected = check(value);
    return expected === undefined ? [] : [`${name} must be ${expected}.`];
  });
  const { slug, transcriber, ...gladia } = body;
  if (slug === undefined) faults.push('slug must be given.');
  if (gladia['codeSwitching'] === true && !(Array.isArray(gladia['languages']) && gladia['languages'].length > 1)) {
    faults.push('codeSwitching needs several languages.');
  }
  if (faults.length > 0) return { detail: faults.join(' ') };
  const wishes = { ...(transcriber !== undefined && { transcriber }), gladia } as SessionWishes;
  return { slug: slug as string, wishes };
}
