/**
 * From what engines say to what viewers are told: one stable id per utterance, each final once, offsets without holes.
 *
 * Engines repeat themselves after reconnects and their ids start again with each of their sessions, so identity is
 * (engine session, channel, utterance) and a final counts once per language of it. Pure.
 */
import type { AiInsight } from './ai/port.ts';
import type { EngineUtterance, GapCause, LedgerTotals } from './ports.ts';
import type { EndReason } from '../machines/events.ts';
import type { MomentMessage, RecordMessage, Utterance } from './wire/messages.ts';

/** Utterances whose id is remembered without a final; the oldest is forgotten when there are more. */
const OPEN_UTTERANCES_MAX = 1_000;

type Final = Extract<RecordMessage, { type: 'transcript_final' }>;
type Partial = Extract<MomentMessage, { type: 'transcript_partial' }>;

export class Transcript {
  readonly #dedupWindow: number;
  /** Public ids by the engine's identity, oldest first. */
  readonly #ids = new Map<string, string>();
  /** Identities of the newest finals by identity with language, oldest first. */
  readonly #finals = new Map<string, string>();
  #utterances = 0;
  #offset = 0;
  /** Finals that came again and were dropped. */
  duplicates = 0;

  /** @param dedupWindow Finals remembered (`DEDUP_WINDOW`). */
  constructor(dedupWindow: number) {
    this.#dedupWindow = dedupWindow;
  }

  /** Newest offset given. */
  get offset(): number {
    return this.#offset;
  }

  /** Undefined when the utterance is final already. */
  partial(heard: EngineUtterance): Partial | undefined {
    if (this.#finals.has(finalKey(heard))) return undefined;
    return { type: 'transcript_partial', ...this.#utterance(heard) };
  }

  /** Undefined when this final was told before. */
  final(heard: EngineUtterance): Final | undefined {
    const key = finalKey(heard);
    if (this.#finals.has(key)) {
      this.duplicates += 1;
      return undefined;
    }
    this.#remember(key, identity(heard));
    const { confidence } = heard;
    const utterance = this.#utterance(heard);
    return {
      type: 'transcript_final',
      offset: this.#next(),
      ...utterance,
      ...(confidence === undefined ? {} : { confidence }),
    };
  }

  gap(startMs: number, endMs: number, cause: GapCause): RecordMessage {
    return { type: 'gap', offset: this.#next(), startMs: Math.round(startMs), endMs: Math.round(endMs), cause };
  }

  insight({ fence, upToOffset, data }: AiInsight): RecordMessage {
    return { type: 'ai_insight', offset: this.#next(), fence, upToOffset, data };
  }

  end(reason: EndReason, { receivedMs, transcribedMs, gapMs }: LedgerTotals): RecordMessage {
    return { type: 'session_end', offset: this.#next(), reason, ledger: { receivedMs, transcribedMs, gapMs } };
  }

  #next(): number {
    this.#offset += 1;
    return this.#offset;
  }

  #utterance(heard: EngineUtterance): Utterance {
    const { text, startMs, endMs, language, words, speaker, channel } = heard;
    return {
      utteranceId: this.#idOf(heard),
      text: text.trim(),
      startMs: Math.round(startMs),
      endMs: Math.round(endMs),
      language,
      ...(words === undefined ? {} : { words }),
      ...(speaker === undefined ? {} : { speaker }),
      ...(channel === 0 ? {} : { channel }),
    };
  }

  #idOf(heard: EngineUtterance): string {
    const key = identity(heard);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#utterances += 1;
    const id = `u${this.#utterances}`;
    this.#ids.set(key, id);
    if (this.#ids.size > OPEN_UTTERANCES_MAX + this.#dedupWindow) forgetOldest(this.#ids);
    return id;
  }

  /** What leaves the window loses its id too: said again it is another utterance. */
  #remember(key: string, identityOfFinal: string): void {
    this.#finals.set(key, identityOfFinal);
    if (this.#finals.size <= this.#dedupWindow) return;
    for (const [oldest, forgotten] of this.#finals) {
      this.#finals.delete(oldest);
      this.#ids.delete(forgotten);
      return;
    }
  }
}

function identity({ engineSession, channel, utterance }: EngineUtterance): string {
  return JSON.stringify([engineSession, channel, utterance]);
}

function finalKey(heard: EngineUtterance): string {
  return `${identity(heard)} ${heard.language}`;
}

function forgetOldest(keys: Map<string, string>): void {
  for (const key of keys.keys()) {
    keys.delete(key);
    return;
  }
}
