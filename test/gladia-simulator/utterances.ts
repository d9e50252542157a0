/** The messages of one utterance, out of the words that were heard. */
import type { SessionConfig } from './session-config.ts';
import type { Faults } from './faults.ts';
import type { DecodedWord } from './mark-decoder.ts';

export type Message = Record<string, unknown>;

export interface OpenUtterance {
  id: string;
  words: DecodedWord[];
}

const SAMPLE_RATE_HZ = 16_000;
const CONFIDENCE = 0.9;
/** Whatever language the sound is said to be in, the marks are in this one. */
const LANGUAGE = 'en';

export const seconds = (samples: number): number => Math.round((samples / SAMPLE_RATE_HZ) * 1000) / 1000;

export function partialOf({ id, words }: OpenUtterance): Message {
  return { type: 'transcript', data: { id, is_final: false, utterance: utteranceOf(words) } };
}

export function finalOf({ id, words }: OpenUtterance, faults: Faults): Message {
  return { type: 'transcript', data: { id, is_final: true, utterance: spoilt(utteranceOf(words), faults) } };
}

/** Everything that was asked for besides the final, each in its own message. */
export function addonsOf(spoken: OpenUtterance, config: SessionConfig, faults: Faults): Message[] {
  const addons = [
    ...config.targets.map((language) => ({ type: 'translation', data: translated(spoken, language) })),
    ...config.addons.map((type) => ({
      type,
      data: { utterance_id: spoken.id, utterance: utteranceOf(spoken.words), results: [] },
    })),
  ];
  const failed = { error: { status_code: 500, exception: 'Error', message: 'addon failed' }, data: null };
  return addons.map((addon) => ({ error: null, ...addon, ...(faults.failedAddons && failed) }));
}

function translated({ id, words }: OpenUtterance, language: string): Message {
  return {
    utterance_id: id,
    utterance: utteranceOf(words),
    original_language: LANGUAGE,
    target_language: language,
    translated_utterance: utteranceOf(
      words.map((word) => ({ ...word, name: `${word.name}-${language}` })),
      language,
    ),
  };
}

function utteranceOf(words: readonly DecodedWord[], language: string = LANGUAGE): Message {
  const placed = words.map(({ name, startSample, endSample }) => {
    return { word: ` ${name}`, start: seconds(startSample), end: seconds(endSample), confidence: CONFIDENCE };
  });
  const place = { start: placed[0]?.start ?? 0, end: placed.at(-1)?.end ?? 0 };
  const text = placed.map(({ word }) => word).join('');
  return { text, ...place, language, confidence: CONFIDENCE, channel: 0, words: placed };
}

function spoilt(utterance: Message, { noWords, emptyFinals, backwardTimes }: Faults): Message {
  const { words, ...rest } = utterance;
  return {
    ...rest,
    ...(!noWords && { words: emptyFinals ? [] : words }),
    ...(emptyFinals && { text: '' }),
    ...(backwardTimes && { start: utterance['end'], end: utterance['start'] }),
  };
}
