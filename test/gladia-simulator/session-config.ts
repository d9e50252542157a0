/** What a session obeys of the body that it was asked for with: defaults filled in, and which messages are wanted. */
import { isObject } from './validation.ts';

type Json = Record<string, unknown>;

export interface SessionConfig {
  /** Seconds of silence that end an utterance. */
  endpointing: number;
  maximum_duration_without_endpointing: number;
  /** Languages that finals are translated to. */
  targets: string[];
  addons: ('named_entity_recognition' | 'sentiment_analysis')[];
  isSummarized: boolean;
  /** `receive_…` by name. */
  receive: Record<string, boolean>;
  /** Everything, as the result request tells it. */
  params: Json;
}

const receiveDefaults: Record<string, boolean> = {
  receive_partial_transcripts: false,
  receive_final_transcripts: true,
  receive_speech_events: true,
  receive_pre_processing_events: true,
  receive_realtime_processing_events: true,
  receive_post_processing_events: true,
  receive_acknowledgments: true,
  receive_errors: true,
  receive_lifecycle_events: false,
};

const paramDefaults: Json = {
  encoding: 'wav/pcm',
  bit_depth: 16,
  sample_rate: 16_000,
  channels: 1,
  model: 'solaria-1',
  endpointing: 0.05,
  maximum_duration_without_endpointing: 5,
  language_config: { languages: [], code_switching: false },
  pre_processing: { audio_enhancer: false, speech_threshold: 0.6 },
  realtime_processing: {
    custom_vocabulary: false,
    custom_spelling: false,
    translation: false,
    named_entity_recognition: false,
    sentiment_analysis: false,
  },
  post_processing: { summarization: false },
  messages_config: receiveDefaults,
  callback: false,
};

/** `body` must be without faults. */
export function configOf(body: unknown): SessionConfig {
  const params = filled(paramDefaults, isObject(body) ? body : {});
  const realtime = params['realtime_processing'] as Json;
  const translation = (realtime['translation_config'] ?? {}) as { target_languages?: string[] };
  return {
    endpointing: Number(params['endpointing']),
    maximum_duration_without_endpointing: Number(params['maximum_duration_without_endpointing']),
    targets: realtime['translation'] === true ? (translation.target_languages ?? []) : [],
    addons: (['named_entity_recognition', 'sentiment_analysis'] as const).filter((addon) => realtime[addon] === true),
    isSummarized: (params['post_processing'] as Json)['summarization'] === true,
    receive: params['messages_config'] as Record<string, boolean>,
    params,
  };
}

/** Which flag stands for a message; undefined for one that is always said. */
export function flagOf(message: Json): string | undefined {
  const type = String(message['type']);
  if (type === 'transcript') {
    const isFinal = (message['data'] as Json)['is_final'] === true;
    return isFinal ? 'receive_final_transcripts' : 'receive_partial_transcripts';
  }
  if (type === 'audio_chunk' || type === 'stop_recording') return 'receive_acknowledgments';
  if (type.startsWith('speech_')) return 'receive_speech_events';
  if (type.startsWith('post_')) return 'receive_post_processing_events';
  if (/^(start|end)_/.test(type)) return 'receive_lifecycle_events';
  const isAddon = ['translation', 'named_entity_recognition', 'sentiment_analysis'].includes(type);
  return isAddon ? 'receive_realtime_processing_events' : undefined;
}

function filled(usual: Json, given: Json): Json {
  const values = Object.entries(given).map(([name, value]) => {
    const inner = usual[name];
    return [name, isObject(inner) && isObject(value) ? filled(inner, value) : value] as const;
  });
  return { ...usual, ...Object.fromEntries(values) };
}
