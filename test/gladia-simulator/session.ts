/** One session at the simulated Gladia: what it has received and said, whoever is connected. */
import { randomUUID } from 'node:crypto';
import type { Drop, DropPoint, Faults } from './faults.ts';
import { MarkDecoder } from './mark-decoder.ts';
import type { DecodedWord } from './mark-decoder.ts';
import type { SimulatorOptions } from './options.ts';
import { flagOf } from './session-config.ts';
import type { SessionConfig } from './session-config.ts';
import { addonsOf, finalOf, partialOf, seconds } from './utterances.ts';
import type { Message, OpenUtterance } from './utterances.ts';

/** The connection of the moment. */
export interface Listener {
  readonly isDeaf: boolean;
  say(message: Message): void;
  /** Goes away if a drop is armed for this point. */
  dropAt(point: DropPoint): boolean;
  drop(how: Drop): void;
  /** Closes as an end does. */
  close(code: number): void;
}

const SAMPLE_RATE_HZ = 16_000;
/** Audio that is looked at in one go: a tenth of a second. */
const STEP_BYTES = 3_200;
/** What is kept of the audio for the file request, about 35 minutes; later audio is not kept. */
const KEPT_AUDIO_MAX_BYTES = 67_108_864;

export class SimulatedSession {
  readonly id: string = randomUUID();
  readonly token: string = randomUUID();
  readonly createdAtMs: number = performance.now();
  readonly createdAt: string = new Date().toISOString();
  readonly config: SessionConfig;
  /** Finals, as the result request gives them. */
  readonly finals: Message[] = [];
  /** Every message but the acknowledgements, delivered or not, as it was written. */
  readonly messages: string[] = [];
  readonly audio: Buffer[] = [];
  state: 'running' | 'stopped' | 'ended' = 'running';
  endedAtMs: number | undefined;
  bytes = 0;
  /** Whether somebody has stopped it on purpose. */
  isStopAsked = false;
  listener: Listener | undefined;
  /** What is said is produced and not sent. */
  isUnheard = false;
  readonly #options: SimulatorOptions;
  readonly #faults: Faults;
  readonly #decoder = new MarkDecoder();
  readonly #missed: Message[] = [];
  #open: OpenUtterance | undefined;
  #count = 0;
  #keptBytes = 0;
  /** Finals that are still to be said, by their timers. */
  readonly #pending = new Map<NodeJS.Timeout, () => void>();

  constructor(config: SessionConfig, options: SimulatorOptions, faults: Faults) {
    this.config = config;
    this.#options = options;
    this.#faults = faults;
  }

  get hasOpenUtterance(): boolean {
    return this.#open !== undefined;
  }

  /** Was this message asked for? */
  wants(message: Message): boolean {
    const flag = flagOf(message);
    return flag === undefined || this.config.receive[flag] !== false;
  }

  say(message: Message): void {
    if (!this.wants(message)) return;
    const whole = { session_id: this.id, created_at: new Date().toISOString(), ...message };
    this.messages.push(JSON.stringify(whole));
    if (this.isUnheard) return;
    if (this.listener !== undefined) this.listener.say(whole);
    else if (this.#options.redeliver) this.#missed.push(whole);
  }

  /** Somebody is connected. */
  attach(listener: Listener): void {
    this.listener = listener;
    if (this.#options.restartIds) this.#count = 0;
    for (const message of this.#missed.splice(0)) listener.say(message);
  }

  /** The open utterance is never finished. */
  forget(): void {
    this.#open = undefined;
  }

  /** Takes audio, however much comes at once. */
  receive(pcm: Buffer): void {
    if (this.#keptBytes + pcm.length <= KEPT_AUDIO_MAX_BYTES) {
      this.audio.push(pcm);
      this.#keptBytes += pcm.length;
    }
    for (let at = 0; at < pcm.length; at += STEP_BYTES) this.#step(pcm.subarray(at, at + STEP_BYTES));
  }

  #step(pcm: Buffer): void {
    this.bytes += pcm.length;
    for (const word of this.#decoder.push(pcm)) this.#heard(word);
    const last = this.#open?.words.at(-1);
    if (last === undefined || this.#decoder.isVoiced) return;
    if (seconds(this.bytes / 2 - last.endSample) >= this.config.endpointing) this.#finish();
  }

  /** Says the rest, at once. */
  flush(): void {
    for (const word of this.#decoder.push(Buffer.alloc(SAMPLE_RATE_HZ / 5))) this.#heard(word);
    this.#finish();
    for (const [timer, say] of this.#pending) {
      clearTimeout(timer);
      say();
    }
    this.#pending.clear();
  }

  end(): void {
    this.state = 'ended';
    this.endedAtMs ??= performance.now();
  }

  close(): void {
    for (const timer of this.#pending.keys()) clearTimeout(timer);
    this.#pending.clear();
  }

  #heard(word: DecodedWord): void {
    if (this.#open === undefined) {
      this.#open = { id: `00_${String(this.#count).padStart(8, '0')}`, words: [] };
      this.#count += 1;
      this.say({ type: 'speech_start', data: { time: seconds(word.startSample), channel: 0 } });
    }
    this.#open.words.push(word);
    const [first = word] = this.#open.words;
    const isLong = seconds(word.endSample - first.startSample) >= this.config.maximum_duration_without_endpointing;
    if (isLong) return this.#finish();
    if (!this.#faults.noPartials) this.say(partialOf(this.#open));
  }

  #finish(): void {
    const utterance = this.#open;
    const last = utterance?.words.at(-1);
    if (utterance === undefined || last === undefined) return;
    this.#open = undefined;
    this.say({ type: 'speech_end', data: { time: seconds(last.endSample), channel: 0 } });
    this.#later(() => this.#sayFinal(utterance), this.#options.finalDelayMs);
  }

  #sayFinal(utterance: OpenUtterance): void {
    const final = finalOf(utterance, this.#faults);
    this.finals.push((final['data'] as Message)['utterance'] as Message);
    this.say(final);
    if (this.#faults.latePartials) this.say(partialOf(utterance));
    for (const addon of addonsOf(utterance, this.config, this.#faults)) this.say(addon);
  }

  #later(work: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      work();
    }, delayMs);
    this.#pending.set(timer, work);
  }
}
