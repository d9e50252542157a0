/**
 * What `POST /sessions` may ask of a session, checked with Gladia's own limits, so that a typo is told here and not by a
 * refusal in mid-broadcast.
 */
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { GladiaSessionOptions, VocabularyEntry } from '../actors/gladia/init-request.ts';
import { languageCodes } from '../actors/gladia/languages.ts';
import { SLUG_PATTERN } from './slug.ts';

/** A session's own options; what is absent is the server's. */
export interface SessionWishes {
  transcriber?: 'gladia' | 'local';
  gladia: Partial<GladiaSessionOptions>;
}

const VOCABULARY_MAX = 1_000;
const WORD_MAX = 200;

/** A field; `expected` ends the sentence "NAME must be …" that a refusal says. */
const field = (expected: string, description: string) => ({ 'x-expected': expected, description });

function oneOf<const Word extends string>(words: readonly Word[], description: string) {
  return Type.Unsafe<Word>({ type: 'string', enum: words, ...field(`one of ${words.join(', ')}`, description) });
}

const word = Type.String({ minLength: 1, maxLength: WORD_MAX });
const words = Type.Array(word, { maxItems: VOCABULARY_MAX });

/** A code that Gladia knows; it stands once in the document. */
export const languageSchema = Type.Unsafe<string>({ $id: 'Language', type: 'string', enum: languageCodes });
const language = Type.Unsafe<string>({ $ref: 'Language#' });
const languages = (description: string) =>
  Type.Array(language, {
    minItems: 1,
    maxItems: languageCodes.length,
    examples: [['en', 'fr']],
    ...field('a list of language codes that Gladia knows, such as ["en", "fr"]', description),
  });

const entry = Type.Object(
  {
    value: word,
    intensity: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    pronunciations: Type.Optional(words),
    language: Type.Optional(language),
  },
  { additionalProperties: false },
);

const vocabularyExpected = `a list of at most ${VOCABULARY_MAX} words, or of {"value", "intensity" 0–1, "pronunciations", "language"}`;
const spellingExpected = 'an object of what is written to lists of what is heard, such as {"Gladia": ["gladya"]}';

/** The body. Whoever wants `codeSwitching` has to name several languages. */
export const wishesSchema = Type.Object(
  {
    slug: Type.String({
      pattern: SLUG_PATTERN.source,
      examples: ['talk'],
      ...field('a slug: a-z, 0-9 and -, at most 64', 'Its name.'),
    }),
    transcriber: Type.Optional(oneOf(['gladia', 'local'], 'The engine.')),
    languages: Type.Optional(languages('One is fixed, several are candidates.')),
    codeSwitching: Type.Optional(
      Type.Boolean(field('true or false', 'May the language change within the session? Needs several languages.')),
    ),
    vocabulary: Type.Optional(
      Type.Array(Type.Unsafe<VocabularyEntry>({ anyOf: [word, entry] }), {
        maxItems: VOCABULARY_MAX,
        examples: [['captiond', { value: 'Gladia', intensity: 0.5, pronunciations: ['gladya'] }]],
        ...field(vocabularyExpected, 'Words that are likely to be said.'),
      }),
    ),
    spelling: Type.Optional(
      Type.Unsafe<Record<string, string[]>>({
        type: 'object',
        propertyNames: word,
        additionalProperties: words,
        examples: [{ Gladia: ['gladya'] }],
        ...field(spellingExpected, 'What is written for what is heard.'),
      }),
    ),
    translations: Type.Optional(languages('Languages that finals are translated to.')),
    endpointing: Type.Optional(
      Type.Number({
        minimum: 0.01,
        maximum: 10,
        examples: [0.3],
        ...field('a number of seconds from 0.01 to 10', 'Silence that ends an utterance, in seconds.'),
      }),
    ),
    region: Type.Optional(oneOf(['eu-west', 'us-west'], 'Where Gladia transcribes.')),
    model: Type.Optional(oneOf(['solaria-1'], 'The model of Gladia.')),
  },
  {
    additionalProperties: false,
    examples: [
      { slug: 'talk', languages: ['en', 'fr'], codeSwitching: true, vocabulary: ['captiond'], translations: ['fr'] },
    ],
    if: { required: ['codeSwitching'], properties: { codeSwitching: { type: 'boolean', const: true } } },
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
    then: { required: ['languages'], properties: { languages: { type: 'array', minItems: 2 } } },
    'x-expected': 'codeSwitching needs several languages.',
  },
);

/** The name and the wishes in a body that the schema has accepted. */
export function readWishes(body: Static<typeof wishesSchema>): { slug: string; wishes: SessionWishes } {
  const { slug, transcriber, ...gladia } = body;
  return { slug, wishes: { ...(transcriber !== undefined && { transcriber }), gladia } };
}
