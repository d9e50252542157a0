/** A marked talk, and how to judge what became of it. */
import type { Test } from 'tap';
import { PAUSE_MS, talkPcm, WORD_MS, wordName } from '../gladia-simulator/marks.ts';
import type { GladiaRig } from './gladia-rig.ts';

const SENTENCES = 20;
const WORDS_EACH = 6;
const SENTENCE_PAUSE_MS = 800;
const SLOT_MS = WORD_MS + PAUSE_MS;
const SENTENCE_MS = WORDS_EACH * SLOT_MS + SENTENCE_PAUSE_MS;
/** How far from its place a word may be told. */
const TOLERANCE_MS = 60;

/** 64 s of 120 words in 20 sentences. */
export const talk: Buffer = talkPcm(0, SENTENCES, WORDS_EACH, SENTENCE_PAUSE_MS);
export const talkWords: string[] = Array.from({ length: SENTENCES * WORDS_EACH }, (_, index) => wordName(index));

/** Bytes of the talk up to this share of it, in whole samples. */
export const share = (part: number): number => Math.round((talk.length * part) / 2) * 2;

/** Where word `index` of the talk begins, in milliseconds. */
export function placeOf(index: number): number {
  return Math.floor(index / WORDS_EACH) * SENTENCE_MS + (index % WORDS_EACH) * SLOT_MS;
}

/** Every word once, in order and in its place; nothing hanging, all audio accounted for, nothing left running. */
export function isWhole(t: Test, rig: GladiaRig): void {
  t.strictSame(rig.words(), talkWords, 'every word once and in order');
  const places = rig.finals.map(({ text, startMs }) => startMs - placeOf(talkWords.indexOf(text.split(' ')[0] ?? '')));
  t.strictSame(
    places.filter((off) => Math.abs(off) > TOLERANCE_MS),
    [],
    'every final is where it was said',
  );
  t.match(rig.ledger.totals(), { receivedMs: talk.length / 32, gapMs: 0, unackedMs: 0 });
  t.strictSame([...rig.hanging], [], 'nothing is left hanging');
  t.strictSame(rig.gladia.violations, []);
  t.strictSame(rig.resources.names(), []);
}

/** A canary of everything that must not be read anywhere. */
export function tellsNoSecret(t: Test, rig: GladiaRig): void {
  const log = rig.lines.join('\n');
  for (const secret of [rig.gladia.options.key, ...rig.gladia.sessions.map(({ token }) => token)]) {
    t.notOk(log.includes(secret), 'no secret is in the log');
  }
}
