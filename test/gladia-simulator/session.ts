/** One session at the simulated Gladia: what it has received and said, whoever is connected. */
import { MarkDecoder } from './mark-decoder.ts';
import type { DecodedWord } from './mark-decoder.ts';

export interface SessionConfig {
  endpointing: number;
  maximum_duration_without_endpointing: number;
  targets: string[];
}

export interface SessionOptions {
  /** From the end of an utterance to its final. */
  finalDelayMs: number;
  noWords: () => boolean;
}

interface OpenUtterance {
  id: string;
  words: DecodedWord[];
}

type Message = Record<string, unknown>;

const SAMPLE_RATE_HZ = 16_000;
/** Audio that is looked at in one go: a tenth of a second. */
const STEP_BYTES = 3_200;
const seconds = (samples: number): number => Math.round((samples / SAMPLE_RATE_HZ) * 1000) / 1000;

export class SimulatedSession {
  readonly id: string;
  readonly token: string;
  readonly createdAtMs = performance.now();
  /** Finals, as the result request gives them. */
  readonly finals: Message[] = [];
  state: 'running' | 'stopped' | 'ended' = 'running';
  bytes = 0;
  #config: SessionConfig;
  #options: SessionOptions;
  #decoder = new MarkDecoder();
  #open: OpenUtterance | undefined;
  #count = 0;
  #say: (message: Message) => void;
  /** Finals that are still to be said, by their timers. */
  readonly #pending = new Map<NodeJS.Timeout, () => void>();

  constructor(
    ids: { id: string; token: string },
    config: SessionConfig,
    options: SessionOptions,
    say: (message: Message) => void,
  ) {
    this.id = ids.id;
    this.token = ids.token;
    this.#config = config;
    this.#options = options;
    this.#say = say;
  }

  get hasOpenUtterance(): boolean {
    return this.#open !== undefined;
  }

  /** The open utterance is never finished. */
  forget(): void {
    this.#open = undefined;
  }

  /** Takes audio, however much comes at once. */
  receive(pcm: Buffer): void {
    for (let at = 0; at < pcm.length; at += STEP_BYTES) this.#step(pcm.subarray(at, at + STEP_BYTES));
  }

  #step(pcm: Buffer): void {
    this.bytes += pcm.length;
    for (const word of this.#decoder.push(pcm)) this.#heard(word);
    const last = this.#open?.words.at(-1);
    if (last === undefined || this.#decoder.isVoiced) return;
    if (seconds(this.bytes / 2 - last.endSample) >= this.#config.endpointing) this.#finish();
  }

  /** Says the rest, at once. */
  stop(): void {
    for (const word of this.#decoder.push(Buffer.alloc(SAMPLE_RATE_HZ / 5))) this.#heard(word);
    this.#finish();
    for (const [timer, say] of this.#pending) {
      clearTimeout(timer);
      say();
    }
    this.#pending.clear();
  }

  close(): void {
    for (const timer of this.#pending.keys()) clearTimeout(timer);
    this.#pending.clear();
  }

  #heard(word: DecodedWord): void {
    if (this.#open === undefined) {
      this.#open = { id: `00_${String(this.#count).padStart(8, '0')}`, words: [] };
      this.#count += 1;
      this.#say({ type: 'speech_start', data: { time: seconds(word.startSample), channel: 0 } });
    }
    this.#open.words.push(word);
    const [first = word] = this.#open.words;
    const isLong = seconds(word.endSample - first.startSample) >= this.#config.maximum_duration_without_endpointing;
    if (isLong) return this.#finish();
    this.#say(this.#transcript(this.#open, false));
  }

  #finish(): void {
    const utterance = this.#open;
    const last = utterance?.words.at(-1);
    if (utterance === undefined || last === undefined) return;
    this.#open = undefined;
    this.#say({ type: 'speech_end', data: { time: seconds(last.endSample), channel: 0 } });
    this.#later(() => {
      const final = this.#transcript(utterance, true);
      this.finals.push((final['data'] as Message)['utterance'] as Message);
      this.#say(final);
      for (const language of this.#config.targets) this.#say(this.#translation(utterance, language));
    }, this.#options.finalDelayMs);
  }

  #transcript({ id, words }: OpenUtterance, isFinal: boolean): Message {
    return { type: 'transcript', data: { id, is_final: isFinal, utterance: this.#utterance(words, 'en', isFinal) } };
  }

  #translation({ id, words }: OpenUtterance, language: string): Message {
    const utterance = this.#utterance(words, 'en', true);
    const translated = {
      ...this.#utterance(words, language, true),
      text: ` ${words.map(({ name }) => `${name}-${language}`).join(' ')}`,
    };
    const data = {
      utterance_id: id,
      utterance,
      original_language: 'en',
      target_language: language,
      translated_utterance: translated,
    };
    return { type: 'translation', error: null, data };
  }

  #utterance(words: readonly DecodedWord[], language: string, isFinal: boolean): Message {
    const placed = words.map(({ name, startSample, endSample }) => {
      return { word: ` ${name}`, start: seconds(startSample), end: seconds(endSample), confidence: 0.9 };
    });
    const place = { start: placed[0]?.start ?? 0, end: placed.at(-1)?.end ?? 0 };
    const text = placed.map(({ word }) => word).join('');
    const withWords = isFinal && this.#options.noWords() ? {} : { words: placed };
    return { text, ...place, language, confidence: 0.9, channel: 0, ...withWords };
  }

  #later(work: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      work();
    }, delayMs);
    this.#pending.set(timer, work);
  }
}
