/** The body of `POST /v2/live`, as strictly as Gladia looks at it: every sentence names its field. */
import { languageCodes } from './languages.ts';

type Json = Record<string, unknown>;
type Check = (value: unknown, path: string) => string[];

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const oneOf =
  (...values: unknown[]): Check =>
  (value, path) =>
    values.includes(value) ? [] : [`${path} must be one of ${values.join(', ')}`];
const between =
  (minimum: number, maximum: number): Check =>
  (value, path) =>
    typeof value === 'number' && value >= minimum && value <= maximum
      ? []
      : [`${path} must be from ${minimum} to ${maximum}`];
const channels: Check = (value, path) =>
  Number.isInteger(value) ? between(1, 8)(value, path) : [`${path} must be an integer`];
const flag: Check = (value, path) => (typeof value === 'boolean' ? [] : [`${path} must be a boolean`]);
const text: Check = (value, path) => (typeof value === 'string' && value !== '' ? [] : [`${path} must be a text`]);
const language: Check = (value, path) =>
  typeof value === 'string' && languageCodes.has(value) ? [] : [`${path} must be one of the language codes`];
const object: Check = (value, path) => (isObject(value) ? [] : [`${path} must be an object`]);

const listOf =
  (check: Check, minimum: number = 0): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return [`${path} must be a list`];
    if (value.length < minimum) return [`${path} must contain at least ${minimum} element`];
    return value.flatMap((inner, index) => check(inner, `${path}.${index}`));
  };

const fields =
  (checks: Record<string, Check>, ...required: string[]): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path === '' ? 'body' : path} must be an object`];
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const missing = required.filter((name) => !(name in value)).map((name) => `${at(name)} should not be empty`);
    const wrong = Object.entries(value).flatMap(([name, inner]) => {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      return check?.(inner, at(name)) ?? [`property ${at(name)} should not exist`];
    });
    return [...missing, ...wrong];
  };

const flags = (...names: string[]): Record<string, Check> => Object.fromEntries(names.map((name) => [name, flag]));

const spoken = fields({ value: text, intensity: between(0, 1), pronunciations: listOf(text), language }, ...['value']);
const vocabularyEntry: Check = (value, path) => (typeof value === 'string' ? text : spoken)(value, path);
const dictionary: Check = (value, path) =>
  isObject(value)
    ? Object.entries(value).flatMap(([written, heard]) => listOf(text)(heard, `${path}.${written}`))
    : [`${path} must be an object`];

const translation = fields(
  {
    target_languages: listOf(language, 1),
    model: oneOf('base', 'enhanced', 'batch'),
    ...flags('match_original_utterances', 'lipsync', 'context_adaptation', 'informal'),
    context: text,
  },
  'target_languages',
);

const eventFlags = [
  ...['receive_partial_transcripts', 'receive_final_transcripts', 'receive_speech_events'],
  ...['receive_pre_processing_events', 'receive_realtime_processing_events', 'receive_post_processing_events'],
  ...['receive_acknowledgments', 'receive_errors', 'receive_lifecycle_events'],
];

const body = fields({
  encoding: oneOf('wav/pcm', 'wav/alaw', 'wav/ulaw'),
  bit_depth: oneOf(8, 16, 24, 32),
  sample_rate: oneOf(8000, 16_000, 32_000, 44_100, 48_000),
  channels,
  custom_metadata: object,
  model: oneOf('solaria-1', 'solaria-2'),
  endpointing: between(0.01, 10),
  maximum_duration_without_endpointing: between(5, 60),
  language_config: fields({ languages: listOf(language), code_switching: flag }),
  pre_processing: fields({ audio_enhancer: flag, speech_threshold: between(0, 1) }),
  realtime_processing: fields({
    ...flags('custom_vocabulary', 'custom_spelling', 'translation', 'named_entity_recognition', 'sentiment_analysis'),
    custom_vocabulary_config: fields(
      { vocabulary: listOf(vocabularyEntry), default_intensity: between(0, 1) },
      'vocabulary',
    ),
    custom_spelling_config: fields({ spelling_dictionary: dictionary }, 'spelling_dictionary'),
    translation_config: translation,
  }),
  post_processing: fields({
    ...flags('summarization', 'chapterization'),
    summarization_config: fields({ type: oneOf('general', 'bullet_points', 'concise') }),
  }),
  messages_config: fields(flags(...eventFlags)),
  callback: flag,
  callback_config: fields({ url: text, ...flags(...eventFlags) }),
});

/** A flag that wants its settings, and the settings. */
const pairs = [
  ['custom_vocabulary', 'custom_vocabulary_config'],
  ['custom_spelling', 'custom_spelling_config'],
  ['translation', 'translation_config'],
] as const;

function missingSettings(value: unknown): string[] {
  const realtime = isObject(value) ? value['realtime_processing'] : undefined;
  if (!isObject(realtime)) return [];
  const lacking = pairs.filter(([wish, settings]) => realtime[wish] === true && realtime[settings] === undefined);
  return lacking.map(([, settings]) => `realtime_processing.${settings} should not be empty`);
}

/** What is wrong with a body; empty when nothing is. */
export function faultsOf(value: unknown): string[] {
  return [...body(value, ''), ...missingSettings(value)];
}

/** What is wrong with the region of the address, which may be left out. */
export function regionFaultsOf(region: string | null): string[] {
  return region === null ? [] : oneOf('us-west', 'eu-west')(region, 'region');
}
