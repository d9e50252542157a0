/** The body of `POST /v2/live`, as strictly as Gladia looks at it: every sentence names its field. */
import type { SessionConfig } from './session.ts';

type Json = Record<string, unknown>;
type Check = (value: unknown, path: string) => string[];

const isObject = (value: unknown): value is Json =>
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
const flag: Check = (value, path) => (typeof value === 'boolean' ? [] : [`${path} must be a boolean`]);
const anything: Check = () => [];
const words: Check = (value, path) =>
  Array.isArray(value) && value.every((word) => typeof word === 'string') ? [] : [`${path} must be a list of strings`];
const languages: Check = (value, path) =>
  Array.isArray(value) && value.every((code) => typeof code === 'string' && /^[a-z]{2,3}$/.test(code))
    ? []
    : [`${path} must be a list of language codes`];

const fields =
  (checks: Record<string, Check>): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path} must be an object`];
    return Object.entries(value).flatMap(([name, inner]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return checks[name]?.(inner, at) ?? [`property ${at} should not exist`];
    });
  };

const flags = (...names: string[]): Record<string, Check> => Object.fromEntries(names.map((name) => [name, flag]));

const body = fields({
  encoding: oneOf('wav/pcm', 'wav/alaw', 'wav/ulaw'),
  bit_depth: oneOf(8, 16, 24, 32),
  sample_rate: oneOf(8000, 16_000, 32_000, 44_100, 48_000),
  channels: between(1, 8),
  custom_metadata: anything,
  model: oneOf('solaria-1', 'solaria-2'),
  endpointing: between(0.01, 10),
  maximum_duration_without_endpointing: between(5, 60),
  language_config: fields({ languages, code_switching: flag }),
  pre_processing: fields({ audio_enhancer: flag, speech_threshold: between(0, 1) }),
  realtime_processing: fields({
    ...flags('custom_vocabulary', 'custom_spelling', 'translation', 'named_entity_recognition', 'sentiment_analysis'),
    custom_vocabulary_config: fields({ vocabulary: anything, default_intensity: between(0, 1) }),
    custom_spelling_config: fields({ spelling_dictionary: anything }),
    translation_config: fields({
      target_languages: words,
      model: oneOf('base', 'enhanced'),
      ...flags('match_original_utterances', 'lipsync', 'context_adaptation', 'informal'),
      context: anything,
    }),
  }),
  post_processing: anything,
  messages_config: fields(
    flags(
      ...['receive_partial_transcripts', 'receive_final_transcripts', 'receive_speech_events'],
      ...['receive_pre_processing_events', 'receive_realtime_processing_events', 'receive_post_processing_events'],
      ...['receive_acknowledgments', 'receive_errors', 'receive_lifecycle_events'],
    ),
  ),
  callback: flag,
  callback_config: anything,
});

/** What is wrong with a body; empty when nothing is. */
export function faultsOf(value: unknown): string[] {
  return body(value, '');
}

/** What the simulator obeys of a body without faults. */
export function configOf(value: unknown): SessionConfig {
  const given = isObject(value) ? value : {};
  const realtime = isObject(given['realtime_processing']) ? given['realtime_processing'] : {};
  const translation = isObject(realtime['translation_config']) ? realtime['translation_config'] : {};
  const targets = realtime['translation'] === true ? (translation['target_languages'] as string[] | undefined) : [];
  return {
    endpointing: Number(given['endpointing'] ?? 0.05),
    maximum_duration_without_endpointing: Number(given['maximum_duration_without_endpointing'] ?? 5),
    targets: targets ?? [],
  };
}
