/**
 * One session in the engine child: finds speech, has it decoded while it goes on and when it is over, and says how far
 * it has got.
 */
import type { DecodeQueue, Decode } from './decode-queue.ts';
import { withoutRepeats } from './guards.ts';
import type { FromEngine } from './protocol.ts';
import { Speech } from './speech.ts';
import type { Utterance } from './speech.ts';
import type { Vad } from './sherpa.ts';

const SAMPLE_RATE_HZ = 16_000;
/** New sound that is worth another partial, and least time between two, in samples and milliseconds. */
const PARTIAL_SAMPLES = 0.4 * SAMPLE_RATE_HZ;
const PARTIAL_MS = 400;
/** With more sound than this in hand no partials are made, and no more sound is taken. */
const IN_HAND_MAX_SAMPLES = 5 * SAMPLE_RATE_HZ;
/** Progress through silence is told in steps of this. */
const SETTLED_STEP_SAMPLES = 0.5 * SAMPLE_RATE_HZ;

export interface EngineSessionOptions {
  session: number;
  vad: Vad;
  queue: DecodeQueue;
  /** Text of sound, by the model of finals or that of partials. */
  transcribe: (kind: 'partial' | 'final', samples: Float32Array) => Promise<string>;
  tell: (message: FromEngine) => void;
  nowMs: () => number;
}

export class EngineSession {
  readonly #options: EngineSessionOptions;
  readonly #speech: Speech;
  /** Stretches waiting for their final, oldest first. */
  readonly #waiting: Utterance[] = [];
  #partial = { number: 0, text: '', endSample: 0 };
  #isPartialInWork = false;
  #nextPartialMs = 0;
  #behindSamples = 0;
  #takenSample = 0;
  #settledSample = 0;
  #isFinishing = false;
  #isOpen = true;

  constructor(options: EngineSessionOptions) {
    this.#options = options;
    this.#speech = new Speech(options.vad, {
      ended: (utterance) => this.#decodeFinal(utterance),
      withdrawn: (number) => this.#withdraw(number),
    });
    options.queue.join(options.session, () => this.#wantPartial());
  }

  audio(samples: Float32Array, startSample: number, behindSamples: number): void {
    this.#behindSamples = behindSamples;
    this.#speech.push(samples, startSample);
    this.#takenSample = startSample + samples.length;
    this.#report();
    this.#options.queue.pump();
  }

  /** No sound will follow. */
  finish(): void {
    this.#speech.flush();
    this.#isFinishing = true;
    this.#report();
  }

  close(): void {
    this.#isOpen = false;
    this.#options.queue.leave(this.#options.session);
  }

  #report(): void {
    const { session } = this.#options;
    if (this.#inHandSamples <= IN_HAND_MAX_SAMPLES) this.#tell({ type: 'taken', session, toSample: this.#takenSample });
    const toSample = Math.max(0, this.#waiting[0]?.startSample ?? this.#speech.quietUntilSample);
    const isStep = toSample - this.#settledSample >= SETTLED_STEP_SAMPLES;
    if (isStep && this.#waiting.length === 0) {
      this.#settledSample = toSample;
      this.#tell({ type: 'settled', session, toSample });
    }
    if (!this.#isFinishing || this.#waiting.length > 0) return;
    this.#isFinishing = false;
    this.#tell({ type: 'finished', session });
  }

  get #inHandSamples(): number {
    return this.#waiting.reduce((sum, { samples }) => sum + samples.length, 0);
  }

  #wantPartial(): Decode | undefined {
    const { open } = this.#speech;
    if (open === undefined || this.#isPartialInWork || this.#options.nowMs() < this.#nextPartialMs) return undefined;
    if (this.#inHandSamples + this.#behindSamples > IN_HAND_MAX_SAMPLES) return undefined;
    const heard = this.#partial.number === open.number ? this.#partial.endSample : open.startSample;
    return open.endSample - heard < PARTIAL_SAMPLES ? undefined : () => this.#decodePartial(open);
  }

  async #decodePartial(open: { number: number; startSample: number; endSample: number }): Promise<void> {
    const { transcribe, nowMs, session } = this.#options;
    const startMs = nowMs();
    this.#isPartialInWork = true;
    try {
      const text = await transcribe('partial', this.#speech.sound(open.startSample, open.endSample));
      if (this.#speech.open?.number !== open.number || text === '') return;
      this.#partial = { number: open.number, text, endSample: open.endSample };
      const { number: utterance, startSample, endSample } = open;
      this.#tell({ type: 'partial', session, utterance, text, startSample, endSample });
    } finally {
      this.#isPartialInWork = false;
      this.#nextPartialMs = startMs + Math.max(PARTIAL_MS, nowMs() - startMs);
    }
  }

  #decodeFinal(utterance: Utterance): void {
    this.#waiting.push(utterance);
    this.#options.queue.final(async () => {
      try {
        if (this.#isOpen) await this.#tellFinal(utterance);
      } finally {
        this.#waiting.splice(this.#waiting.indexOf(utterance), 1);
        if (this.#isOpen) this.#report();
      }
    });
  }

  async #tellFinal({ number, startSample, endSample, samples }: Utterance): Promise<void> {
    const { transcribe, session } = this.#options;
    const shown = this.#partial.number === number ? this.#partial.text : '';
    const heard = withoutRepeats(await transcribe('final', samples), samples.length / SAMPLE_RATE_HZ);
    const text = heard === '' ? shown : heard;
    this.#settledSample = endSample;
    this.#tell({ type: 'final', session, utterance: number, text, startSample, endSample });
  }

  #withdraw(number: number): void {
    if (this.#partial.number !== number) return;
    const { session } = this.#options;
    const { endSample } = this.#partial;
    this.#tell({ type: 'final', session, utterance: number, text: '', startSample: endSample, endSample });
  }

  #tell(message: FromEngine): void {
    if (this.#isOpen) this.#options.tell(message);
  }
}
