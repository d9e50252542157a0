/**
 * From Gladia's utterances to the session's: places on the session's clock, and each word once.
 *
 * Audio is sent again after a drop, so words can be heard again. Two rules keep them single: what lies before the
 * `boundary` on Gladia's clock is not listened to any more (its audio was sent again), and what lies before the end of
 * the last final on the session's clock has been said.
 */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import type { EngineUtterance, Word } from '../ports.ts';
import type { GladiaUtterance } from './messages.ts';
import type { OpenUtterances } from './open-utterances.ts';
import type { Timeline } from './timeline.ts';

/** Words may begin this much before the end of the last final: engines round. */
const TOLERANCE_SAMPLES = 0.05 * SAMPLE_RATE_HZ;
/** Finals whose translations may still come; the oldest is forgotten when there are more. */
const TRANSLATABLE_MAX = 200;

const toSample = (seconds: number): number => Math.round(seconds * SAMPLE_RATE_HZ);
const toMs = (sample: number): number => Math.round((sample / SAMPLE_RATE_HZ) * 1000);

export interface TranscriptsOptions {
  timeline: Timeline;
  utterances: OpenUtterances;
  /** Names Gladia's session in the identity of its utterances. */
  engineSession: string;
  /** Of the utterances that name none. */
  language: string;
}

/** Transcripts of one session at Gladia. */
export class Transcripts {
  readonly #options: TranscriptsOptions;
  #engineSession: string;
  /** On Gladia's clock: what lies before is sent again. */
  #boundary = 0;
  /** On the session's clock: what begins there is heard by the next session. */
  #ignoredFrom = Infinity;
  /** On the session's clock: end of the newest final, per channel. */
  readonly #saidUntil: Map<number, number>;
  readonly #accepted = new Map<string, EngineUtterance>();

  constructor(options: TranscriptsOptions, saidUntil: Map<number, number>) {
    this.#options = options;
    this.#engineSession = options.engineSession;
    this.#saidUntil = saidUntil;
  }

  /** Utterances are told under this name from here on: Gladia may begin to count them again. */
  renumber(engineSession: string): void {
    this.#engineSession = engineSession;
  }

  /** Nothing before `at` on Gladia's clock is listened to any more. */
  ignoreBefore(at: number): void {
    this.#boundary = at;
  }

  /** Nothing that begins at or after `sample` of the session's clock is listened to any more. */
  ignoreFrom(sample: number): void {
    this.#ignoredFrom = sample;
  }

  /** Takes an utterance; tells the session's sample up to which a final has said everything. */
  take(id: string, isFinal: boolean, utterance: GladiaUtterance): number | undefined {
    const heard = this.#placed(id, utterance);
    const { utterances } = this.#options;
    if (heard === undefined) {
      if (isFinal) this.#withdraw(id, utterance);
      return undefined;
    }
    if (!isFinal) {
      utterances.partial(heard);
      return undefined;
    }
    this.#accept(id, heard);
    return this.conclude(heard);
  }

  /** Makes an utterance final; tells the session's sample up to which everything has been said. */
  conclude(heard: EngineUtterance): number {
    const end = Math.round((heard.endMs / 1000) * SAMPLE_RATE_HZ);
    this.#saidUntil.set(heard.channel, Math.max(end, this.#saidUntil.get(heard.channel) ?? 0));
    this.#options.utterances.final(heard);
    return end;
  }

  /** A translation of a final that was taken. */
  translate({ id, language, utterance }: { id: string; language: string; utterance: GladiaUtterance }): void {
    const original = this.#accepted.get(id);
    const text = utterance.text.trim();
    if (original === undefined || text === '') return;
    const { engineSession, utterance: utteranceId, channel, startMs, endMs, speaker } = original;
    const said = { engineSession, utterance: utteranceId, channel, language, text, startMs, endMs };
    this.#options.utterances.final(speaker === undefined ? said : { ...said, speaker });
  }

  /** Where on the session's clock Gladia's time lies. */
  captured(seconds: number): number {
    return this.#options.timeline.captured(toSample(seconds));
  }

  /** Does Gladia's time lie where it is listened to? */
  counts(seconds: number): boolean {
    return toSample(seconds) >= this.#boundary;
  }

  #begun(startSeconds: number, endSeconds: number): number {
    return this.#options.timeline.begun(toSample(startSeconds), toSample(endSeconds));
  }

  #placed(id: string, utterance: GladiaUtterance): EngineUtterance | undefined {
    const { channel } = utterance;
    const earliest = (this.#saidUntil.get(channel) ?? 0) - TOLERANCE_SAMPLES;
    if (this.captured(utterance.startSeconds) >= this.#ignoredFrom) return undefined;
    const isNew = (seconds: number): boolean => this.counts(seconds) && this.captured(seconds) >= earliest;
    const kept = utterance.words.filter(({ startSeconds }) => isNew(startSeconds));
    const isWhole = kept.length === utterance.words.length && isNew(utterance.startSeconds);
    if (!isWhole && kept.length === 0) return undefined;
    const text = (isWhole ? utterance.text : kept.map((word) => word.text).join('')).trim();
    if (text === '') return undefined;
    const startSeconds = isWhole ? utterance.startSeconds : (kept[0]?.startSeconds ?? utterance.startSeconds);
    const words = kept.map((word): Word => this.#word(word));
    const { language } = this.#options;
    return {
      engineSession: this.#engineSession,
      utterance: id,
      channel,
      language: utterance.language === '' ? language : utterance.language,
      text,
      startMs: toMs(this.#begun(startSeconds, utterance.endSeconds)),
      endMs: toMs(this.captured(utterance.endSeconds)),
      ...(words.length > 0 && { words }),
      ...(utterance.speaker !== undefined && { speaker: utterance.speaker }),
      ...(utterance.confidence !== undefined && { confidence: utterance.confidence }),
    };
  }

  #word({ text, startSeconds, endSeconds, confidence }: GladiaUtterance['words'][number]): Word {
    const place = { startMs: toMs(this.#begun(startSeconds, endSeconds)), endMs: toMs(this.captured(endSeconds)) };
    return { text: text.trim(), ...place, ...(confidence !== undefined && { confidence }) };
  }

  /** A final that says nothing new takes back what partials of it have shown. */
  #withdraw(id: string, { channel }: GladiaUtterance): void {
    const { utterances } = this.#options;
    const shown = utterances.open.find(
      (open) => open.engineSession === this.#engineSession && open.utterance === id && open.channel === channel,
    );
    if (shown !== undefined) utterances.final({ ...shown, text: '' });
  }

  #accept(id: string, heard: EngineUtterance): void {
    this.#accepted.set(id, heard);
    if (this.#accepted.size <= TRANSLATABLE_MAX) return;
    for (const oldest of this.#accepted.keys()) {
      this.#accepted.delete(oldest);
      return;
    }
  }
}
