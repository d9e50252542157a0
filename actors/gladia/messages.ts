/**
 * What Gladia's live socket says (API v2), parsed once: unknown types, missing fields and other shapes become `unknown`,
 * never an exception. Times are seconds of the audio that the session has received.
 */

/** One word; its text begins with a space. */
export interface GladiaWord {
  text: string;
  startSeconds: number;
  endSeconds: number;
  confidence?: number;
}

export interface GladiaUtterance {
  text: string;
  startSeconds: number;
  endSeconds: number;
  language: string;
  channel: number;
  words: GladiaWord[];
  speaker?: string;
  confidence?: number;
}

export type GladiaMessage =
  /** Bytes [from, to) of the session's audio have been received; `to` may be inclusive at some servers. */
  | { type: 'ack'; from: number; to: number }
  /** A chunk was not taken. */
  | { type: 'nack'; reason: string }
  | { type: 'stop_ack'; accepted: boolean }
  | { type: 'speech_start' | 'speech_end'; seconds: number; channel: number }
  | { type: 'transcript'; id: string; isFinal: boolean; utterance: GladiaUtterance }
  | { type: 'translation'; id: string; language: string; utterance: GladiaUtterance }
  /** Everything has been said. */
  | { type: 'ended' }
  | { type: 'error'; reason: string }
  | { type: 'unknown'; name: string };

type Json = Record<string, unknown>;

/** Longer than anything that is said in one breath. An utterance beyond these is not taken: its audio stays to be said. */
const TEXT_MAX_LENGTH = 20_000;
const WORDS_MAX = 5_000;
/** Ids, languages and speakers; longer ones are none. */
const NAME_MAX_LENGTH = 200;
const CHANNEL_MAX = 255;

/** The message in a text frame. Never throws. */
export function parseMessage(text: string): GladiaMessage {
  const message = parseObject(text);
  if (message === undefined) return { type: 'unknown', name: 'no JSON object' };
  const name = nameOf(message['type']) ?? 'untyped';
  const data = isObject(message['data']) ? message['data'] : undefined;
  // Not every name that can be looked up is a parser: objects have more of them than they were given.
  const parser = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  return parser?.(message, data) ?? { type: 'unknown', name };
}

const parsers: Record<string, (message: Json, data: Json | undefined) => GladiaMessage | undefined> = {
  audio_chunk: (message, data) => {
    if (message['acknowledged'] === false) return { type: 'nack', reason: reasonOf(message) };
    const range = data?.['byte_range'];
    const [from, to] = Array.isArray(range) ? range.map(numberOf) : [];
    return from === undefined || to === undefined ? undefined : { type: 'ack', from, to };
  },
  stop_recording: (message) => ({ type: 'stop_ack', accepted: message['acknowledged'] !== false }),
  speech_start: (_message, data) => speech('speech_start', data),
  speech_end: (_message, data) => speech('speech_end', data),
  transcript: (_message, data) => {
    const id = nameOf(data?.['id']);
    const utterance = parseUtterance(data?.['utterance']);
    if (id === undefined || utterance === undefined) return undefined;
    return { type: 'transcript', id, isFinal: data?.['is_final'] === true, utterance };
  },
  translation: (message, data) => {
    if (data === undefined) return { type: 'error', reason: `translation: ${reasonOf(message)}` };
    const id = nameOf(data['utterance_id']);
    const language = nameOf(data['target_language']);
    const utterance = parseUtterance(data['translated_utterance']);
    if (id === undefined || language === undefined || utterance === undefined) return undefined;
    return { type: 'translation', id, language, utterance };
  },
  post_final_transcript: () => ({ type: 'ended' }),
  end_session: () => ({ type: 'ended' }),
  error: (message) => ({ type: 'error', reason: reasonOf(message) }),
};

function speech(type: 'speech_start' | 'speech_end', data: Json | undefined): GladiaMessage | undefined {
  const seconds = numberOf(data?.['time']);
  return seconds === undefined ? undefined : { type, seconds, channel: channelOf(data?.['channel']) };
}

/** An utterance of a message or of the result request; undefined when it has no text or no place. */
export function parseUtterance(value: unknown): GladiaUtterance | undefined {
  if (!isObject(value)) return undefined;
  const text = textOf(value['text']);
  const startSeconds = numberOf(value['start']);
  const endSeconds = numberOf(value['end']);
  if (text === undefined || startSeconds === undefined || endSeconds === undefined) return undefined;
  const given = Array.isArray(value['words']) ? value['words'] : [];
  if (text.length > TEXT_MAX_LENGTH || given.length > WORDS_MAX) return undefined;
  const words = given.map(parseWord);
  const speaker = nameOf(value['speaker']) ?? numberOf(value['speaker']);
  const confidence = numberOf(value['confidence']);
  return {
    text,
    startSeconds,
    endSeconds: Math.max(startSeconds, endSeconds),
    language: nameOf(value['language']) ?? '',
    channel: channelOf(value['channel']),
    words: words.filter((word) => word !== undefined),
    ...(speaker === undefined ? {} : { speaker: String(speaker) }),
    ...(confidence === undefined ? {} : { confidence }),
  };
}

function parseWord(value: unknown): GladiaWord | undefined {
  if (!isObject(value)) return undefined;
  const text = textOf(value['word']);
  const startSeconds = numberOf(value['start']);
  const endSeconds = numberOf(value['end']);
  if (text === undefined || text.length > TEXT_MAX_LENGTH) return undefined;
  if (startSeconds === undefined || endSeconds === undefined) return undefined;
  const confidence = numberOf(value['confidence']);
  return { text, startSeconds, endSeconds, ...(confidence === undefined ? {} : { confidence }) };
}

/** The object in a text; undefined for anything else. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= NAME_MAX_LENGTH ? value : undefined;
}

function channelOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= CHANNEL_MAX ? value : 0;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function reasonOf({ error }: Json): string {
  const message = isObject(error) ? textOf(error['message']) : textOf(error);
  return (message ?? 'no reason').slice(0, 200);
}
