/** What publishers say: words that count up, of which each is known by its sound. */
import { talkPcm, WORD_MS, WORDS } from '../gladia-simulator/marks.ts';
import { writeWavFile } from '../support/wav.ts';

export const WORDS_EACH = 8;
const SLOT_MS = 400;
const SENTENCE_PAUSE_MS = 800;
/** A sentence with the pause behind it. */
export const SENTENCE_MS = WORDS_EACH * SLOT_MS + SENTENCE_PAUSE_MS;
/** After these the names of the words begin again. */
export const SENTENCES = WORDS / WORDS_EACH;
/** The file holds all words twice, so that whoever begins in the middle has enough. */
const ROUNDS = 2;

/** How long somebody can speak who begins with whichever word, and no word comes twice. */
export const SPEECH_MAX_MS: number = SENTENCES * SENTENCE_MS;

/** Where word `index` begins in the talk, in milliseconds. */
export function placeOf(index: number): number {
  return Math.floor(index / WORDS_EACH) * SENTENCE_MS + (index % WORDS_EACH) * SLOT_MS;
}

/** From the beginning of a word to its end. */
export const wordMs: number = WORD_MS;

/** The whole talk as a file, gone when it is disposed of. */
export function writeTalk(): Promise<AsyncDisposable & { path: string }> {
  return writeWavFile(talkPcm(0, ROUNDS * SENTENCES, WORDS_EACH, SENTENCE_PAUSE_MS));
}
