/** One session's share of the engine: sends its audio as it is taken, puts its text into the transcript. */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import type { ChunkSource, TranscriptSink } from '../ports.ts';
import type { EngineText, FromEngine, ToEngine } from './protocol.ts';
import { callInto } from '../call-into.ts';
import { estimatedWords } from './word-times.ts';

/** Audio given to the child and not yet looked at. */
const IN_FLIGHT_MAX_SAMPLES = 5 * SAMPLE_RATE_HZ;
/** Audio that may wait for an engine that does not keep up. Policy: the oldest is dropped and declared as a gap. */
export const BACKLOG_MAX_SAMPLES = 20 * SAMPLE_RATE_HZ;

export interface ClientSessionOptions {
  /** Names the session in the engine's ids. */
  slug: string;
  language: string;
  source: ChunkSource;
  sink: TranscriptSink;
  onReady: () => void;
  onLost: () => void;
  /** After `finish`: all text is delivered and all audio accounted for. */
  onFinished: () => void;
  onFailed: (reason: string) => void;
}

type SessionMessage = Extract<FromEngine, { session: number }>;

export class ClientSession {
  /** For the engine's side: what throws concerns this session alone. */
  readonly call = callInto();
  readonly #number: number;
  readonly #options: ClientSessionOptions;
  readonly #onClosed: () => void;
  readonly #unsubscribe: () => void;
  #send: ((message: ToEngine) => void) | undefined;
  #engineSession = '';
  #sentSample = 0;
  #takenSample = 0;
  /** Audio that was waiting when the child came; it may be caught up without being dropped. */
  #oldBacklogSample = 0;
  #isFinishing = false;
  #isFinishSent = false;

  constructor(number: number, options: ClientSessionOptions, onClosed: () => void) {
    this.#number = number;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#unsubscribe = options.source.subscribe(() => this.#pump());
  }

  /** A child is ready: its session is a new one and gets everything that is not acknowledged. */
  connect(send: (message: ToEngine) => void, run: number): void {
    const { source, slug, onReady } = this.#options;
    this.#send = send;
    this.#engineSession = `local-${run}-${slug}-${this.#number}`;
    this.#sentSample = source.ackedSample;
    this.#takenSample = source.ackedSample;
    this.#oldBacklogSample = source.headSample;
    this.#isFinishSent = false;
    send({ type: 'open', session: this.#number });
    onReady();
    this.#pump();
  }

  disconnect(): void {
    this.#send = undefined;
    this.#options.onLost();
  }

  fail(reason: string): void {
    this.#send = undefined;
    this.#options.onFailed(reason);
  }

  /** No audio will follow what the source has. */
  finish(): void {
    this.#isFinishing = true;
    this.#pump();
  }

  /** Leaves the engine. Idempotent. */
  close(): void {
    this.#unsubscribe();
    this.#send?.({ type: 'close', session: this.#number });
    this.#send = undefined;
    this.#onClosed();
  }

  heard(message: SessionMessage): void {
    if (this.#send === undefined) return;
    const { source, sink, onFinished } = this.#options;
    if (message.type === 'partial') sink.partial(this.#utterance(message));
    else if (message.type === 'settled') source.acknowledge(message.toSample);
    else if (message.type === 'taken') this.#takenSample = message.toSample;
    else if (message.type === 'final') {
      sink.final(this.#utterance(message));
      source.acknowledge(message.endSample);
    } else {
      source.acknowledge(source.headSample);
      onFinished();
    }
    this.#pump();
  }

  #pump(): void {
    const { source } = this.#options;
    if (this.#send === undefined) return;
    this.#dropBacklog();
    while (this.#sentSample - this.#takenSample < IN_FLIGHT_MAX_SAMPLES) {
      const chunk = source.read(this.#sentSample);
      if (chunk === undefined) break;
      // A hole is nothing that the child could take.
      if (chunk.startSample > this.#sentSample) this.#takenSample += chunk.startSample - this.#sentSample;
      this.#sentSample = chunk.startSample + chunk.pcm.length / 2;
      const behindSamples = source.headSample - this.#sentSample;
      this.#send({
        type: 'audio',
        session: this.#number,
        startSample: chunk.startSample,
        pcm: chunk.pcm,
        behindSamples,
      });
    }
    const isAllSent = source.ended && source.read(this.#sentSample) === undefined;
    if (!this.#isFinishing || this.#isFinishSent || !isAllSent) return;
    this.#isFinishSent = true;
    this.#send({ type: 'finish', session: this.#number });
  }

  #dropBacklog(): void {
    const { source } = this.#options;
    if (source.ended || this.#sentSample < this.#oldBacklogSample) return;
    const keepFrom = source.headSample - BACKLOG_MAX_SAMPLES;
    if (keepFrom <= this.#sentSample) return;
    const to = Math.min(source.headSample, keepFrom + SAMPLE_RATE_HZ);
    source.declareGap(this.#sentSample, to, 'transcriber_lost');
    // Passed over as a hole is, or the same stretch would be declared again with the next audio.
    this.#takenSample += to - this.#sentSample;
    this.#sentSample = to;
  }

  #utterance({ utterance, text, startSample, endSample }: EngineText) {
    const startMs = toMs(startSample);
    const endMs = toMs(endSample);
    const words = estimatedWords(text, startMs, endMs);
    return {
      engineSession: this.#engineSession,
      utterance: String(utterance),
      channel: 0,
      language: this.#options.language,
      text,
      startMs,
      endMs,
      words,
    };
  }
}

function toMs(sample: number): number {
  return Math.round((Math.max(0, sample) / SAMPLE_RATE_HZ) * 1000);
}
