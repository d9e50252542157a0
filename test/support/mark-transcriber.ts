/** An engine that hears marks, in place of the built-in one: takes the audio that has not been said, and says it. */
import { fromCallback } from 'xstate';
import type { AnyActorLogic } from 'xstate';
import type { ChunkSource, TranscriptSink } from '../../actors/ports.ts';
import { MarkDecoder } from '../gladia-simulator/mark-decoder.ts';
import type { DecodedWord } from '../gladia-simulator/mark-decoder.ts';

/** A pause this long ends an utterance, in samples. */
const PAUSE_SAMPLES = 16 * 300;
let runs = 0;

export function markTranscriber(source: ChunkSource, sink: TranscriptSink): AnyActorLogic {
  return fromCallback(({ receive, sendBack }) => {
    runs += 1;
    const run = new Run(source, sink, `marks-${runs}`);
    let isFinishing = false;
    const look = (): void => {
      if (run.pump() && isFinishing) sendBack({ type: 'transcriber.finished' });
    };
    const unsubscribe = source.subscribe(look);
    sendBack({ type: 'transcriber.ready' });
    look();
    receive(() => {
      isFinishing = true;
      look();
    });
    return unsubscribe;
  });
}

class Run {
  readonly #source: ChunkSource;
  readonly #sink: TranscriptSink;
  readonly #engineSession: string;
  readonly #decoder = new MarkDecoder();
  readonly #from: number;
  #next: number;
  #words: DecodedWord[] = [];
  #count = 0;

  constructor(source: ChunkSource, sink: TranscriptSink, engineSession: string) {
    this.#source = source;
    this.#sink = sink;
    this.#engineSession = engineSession;
    this.#from = source.ackedSample;
    this.#next = this.#from;
  }

  /** True when all has been said that there will be. */
  pump(): boolean {
    for (let chunk = this.#source.read(this.#next); chunk !== undefined; chunk = this.#source.read(this.#next)) {
      this.#next = chunk.startSample + chunk.pcm.length / 2;
      this.#words.push(...this.#decoder.push(chunk.pcm));
      const last = this.#words.at(-1);
      const heard = this.#next - this.#from;
      if (last !== undefined && !this.#decoder.isVoiced && heard - last.endSample > PAUSE_SAMPLES) this.#say();
      else if (this.#words.length > 0) this.#sink.partial(this.#utterance());
    }
    if (!this.#source.ended) return false;
    if (this.#words.length > 0) this.#say();
    this.#source.acknowledge(this.#source.headSample);
    return true;
  }

  #say(): void {
    const utterance = this.#utterance();
    this.#sink.final(utterance);
    this.#source.acknowledge(utterance.endMs * 16);
    this.#words = [];
    this.#count += 1;
  }

  #utterance() {
    const startMs = Math.round((this.#from + (this.#words[0]?.startSample ?? 0)) / 16);
    const endMs = Math.round((this.#from + (this.#words.at(-1)?.endSample ?? 0)) / 16);
    const text = this.#words.map(({ name }) => name).join(' ');
    const identity = { engineSession: this.#engineSession, utterance: String(this.#count), channel: 0, language: 'en' };
    return { ...identity, text, startMs, endMs };
  }
}
