/**
 * The publishers of one run: a talk in one or more stays. Whoever is cut comes back; each stay goes on a few sentences
 * later, so that no word tells of two stays.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ProxyConnection } from '../support/tcp-proxy.ts';
import type { Stay } from './mark-oracle.ts';
import { publishTalk } from './publish-talk.ts';
import type { TalkPublisher } from './publish-talk.ts';
import { SENTENCE_MS, WORDS_EACH } from './talk.ts';

/** From a lost connection to the next. */
const RETURN_MS = 300;
/** Sentences that are left out between two stays. */
const SKIPPED = 2;
/** Of what was said at the end of a stay, so much may have been on its way. */
const ON_THE_WAY_MS = 3_000;

export interface SpeakerOptions {
  wav: string;
  url: string;
  firstSentence: number;
}

interface OwnStay {
  firstWord: number;
  publisher: TalkPublisher;
  connection?: ProxyConnection;
  connectedAtMs?: number;
  endedAtMs?: number;
  /** Was its way to the server so slow that it cannot be said what arrived? */
  isDoubtful: boolean;
}

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #stays: OwnStay[] = [];
  #isOver = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#begin();
  }

  /** Name of the run's word 0. */
  get firstName(): number {
    return this.#options.firstSentence * WORDS_EACH;
  }

  /** The connection of the moment, if it is there. */
  get connection(): ProxyConnection | undefined {
    return this.#newest?.connection;
  }

  /** How long the stay of the moment has been connected. */
  get connectedMs(): number {
    const { connectedAtMs } = this.#newest ?? {};
    return connectedAtMs === undefined ? 0 : performance.now() - connectedAtMs;
  }

  get stays(): Stay[] {
    return this.#stays.map(({ firstWord, connectedAtMs, endedAtMs, isDoubtful }) => {
      if (endedAtMs === undefined) return { firstWord, heardMs: 'all' };
      const saidMs = connectedAtMs === undefined || isDoubtful ? 0 : endedAtMs - connectedAtMs;
      return { firstWord, heardMs: Math.max(0, saidMs - ON_THE_WAY_MS) };
    });
  }

  /** A publisher has connected. */
  connected(connection: ProxyConnection): void {
    const stay = this.#newest;
    if (stay === undefined || stay.connection !== undefined) return;
    stay.connection = connection;
    stay.connectedAtMs = performance.now();
  }

  /** The server has taken the first publisher; before, it waits and says nothing. */
  accepted(): void {
    const [first] = this.#stays;
    if (first?.connectedAtMs !== undefined) first.connectedAtMs = performance.now();
  }

  /** From now on it cannot be said what of the present stay arrives. */
  doubt(): void {
    const stay = this.#newest;
    if (stay !== undefined) stay.isDoubtful = true;
  }

  /** The publisher is gone, without a word; it comes back. */
  vanish(): void {
    this.#newest?.publisher.kill();
  }

  /** Another one takes over while the connection of the present one hangs. */
  takeOver(): void {
    const old = this.#newest;
    if (old === undefined || this.#isOver) return;
    old.endedAtMs = performance.now();
    this.#begin();
    void old.connection?.targetLeft.then(() => old.publisher.kill());
  }

  /** Goes on, and does not come back when it is cut. */
  forgoReturn(): void {
    this.#isOver = true;
  }

  /** Says goodbye and does not come back. */
  end(): void {
    this.#isOver = true;
    for (const { publisher } of this.#stays) publisher.end();
  }

  /** Goes without a word and does not come back. */
  async leave(): Promise<void> {
    this.#isOver = true;
    for (const { publisher } of this.#stays) publisher.kill();
    await Promise.all(this.#stays.map(({ publisher }) => publisher.exited));
  }

  get #newest(): OwnStay | undefined {
    return this.#stays.at(-1);
  }

  #begin(): void {
    const { wav, url, firstSentence } = this.#options;
    const firstWord = this.#nextWord();
    const publisher = publishTalk(wav, url, firstSentence + firstWord / WORDS_EACH);
    const stay: OwnStay = { firstWord, publisher, isDoubtful: false };
    this.#stays.push(stay);
    void publisher.exited.then(() => this.#exited(stay));
  }

  async #exited(stay: OwnStay): Promise<void> {
    if (this.#isOver || stay !== this.#newest) return;
    stay.endedAtMs ??= performance.now();
    await pause(RETURN_MS);
    if (!this.#isOver && stay === this.#newest) this.#begin();
  }

  #nextWord(): number {
    const last = this.#newest;
    if (last === undefined) return 0;
    const { firstWord, connectedAtMs, endedAtMs = performance.now() } = last;
    if (connectedAtMs === undefined) return firstWord;
    return firstWord + (Math.ceil((endedAtMs - connectedAtMs) / SENTENCE_MS) + SKIPPED) * WORDS_EACH;
  }
}
