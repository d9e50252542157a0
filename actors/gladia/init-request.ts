/** What is asked of Gladia for a session: the body of `POST /v2/live`, every field explicit. */
import { SAMPLE_RATE_HZ } from '../ports.ts';

/** Custom vocabulary: a word, or how it is said and how much it counts. */
export type VocabularyEntry =
  string | { value: string; intensity?: number; pronunciations?: string[]; language?: string };

/** A session's wishes, checked at the edge. */
export interface GladiaSessionOptions {
  model: string;
  /** `region` of the query. */
  region: string;
  /** One is fixed; several are candidates. */
  languages: string[];
  /** May the language change within the session? */
  codeSwitching: boolean;
  /** Silence that ends an utterance, in seconds. */
  endpointing: number;
  vocabulary: VocabularyEntry[];
  /** What is written for what is heard. */
  spelling: Record<string, string[]>;
  /** Languages that finals are translated to. */
  translations: string[];
}

/** Longest utterance without a pause, in seconds. */
const UTTERANCE_MAX_SECONDS = 5;

export const defaultGladiaOptions: GladiaSessionOptions = {
  model: 'solaria-1',
  region: 'eu-west',
  languages: ['en'],
  codeSwitching: false,
  endpointing: 0.3,
  vocabulary: [],
  spelling: {},
  translations: [],
};

/** The body; `region` is a query parameter and never in it. */
export function initBody(options: GladiaSessionOptions): Record<string, unknown> {
  const { model, languages, codeSwitching, endpointing } = options;
  return {
    encoding: 'wav/pcm',
    bit_depth: 16,
    sample_rate: SAMPLE_RATE_HZ,
    channels: 1,
    model,
    endpointing,
    maximum_duration_without_endpointing: UTTERANCE_MAX_SECONDS,
    language_config: { languages, code_switching: codeSwitching && languages.length > 1 },
    realtime_processing: realtimeProcessing(options),
    messages_config: {
      receive_partial_transcripts: true,
      receive_final_transcripts: true,
      receive_speech_events: true,
      receive_pre_processing_events: false,
      receive_realtime_processing_events: true,
      receive_post_processing_events: true,
      receive_acknowledgments: true,
      receive_errors: true,
      receive_lifecycle_events: true,
    },
  };
}

function realtimeProcessing({ vocabulary, spelling, translations }: GladiaSessionOptions): Record<string, unknown> {
  return {
    ...(vocabulary.length > 0 && { custom_vocabulary: true, custom_vocabulary_config: { vocabulary } }),
    ...(Object.keys(spelling).length > 0 && {
      custom_spelling: true,
      custom_spelling_config: { spelling_dictionary: spelling },
    }),
    ...(translations.length > 0 && {
      translation: true,
      translation_config: { target_languages: translations, model: 'base', match_original_utterances: true },
    }),
  };
}
