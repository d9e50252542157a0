/**
 * Sound that says what it is: each word is three tones at once, one of eight in each of three bands, and can be told from
 * what was received of it. s16le mono 16 kHz.
 */
const SAMPLE_RATE_HZ = 16_000;
/** A word and the pause behind it. */
export const WORD_MS = 240;
export const PAUSE_MS = 160;
/** Words that can be told apart. */
export const WORDS = 512;

/** Tones of the three bands. */
export const bandsHz: readonly (readonly number[])[] = [
  [500, 580, 670, 770, 880, 1000, 1130, 1270],
  [1500, 1680, 1880, 2100, 2350, 2630, 2940, 3290],
  [3700, 4000, 4330, 4680, 5060, 5470, 5920, 6400],
];

const AMPLITUDE = 0.25;
const RAMP_MS = 10;

/** `w007`. */
export function wordName(number: number): string {
  return `w${String(number % WORDS).padStart(3, '0')}`;
}

/** A word without its pause. */
export function wordPcm(number: number): Buffer {
  const tones = bandsHz.map((band, index) => band[(number >> (3 * index)) & 7] ?? 0);
  const samples = (WORD_MS * SAMPLE_RATE_HZ) / 1000;
  const ramp = (RAMP_MS * SAMPLE_RATE_HZ) / 1000;
  const pcm = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at += 1) {
    const edge = Math.min(1, at / ramp, (samples - at) / ramp);
    const value = tones.reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * at) / SAMPLE_RATE_HZ), 0);
    pcm.writeInt16LE(Math.round(value * AMPLITUDE * edge * 32_767), at * 2);
  }
  return pcm;
}

export function silencePcm(ms: number): Buffer {
  return Buffer.alloc(Math.round((ms * SAMPLE_RATE_HZ) / 1000) * 2);
}

/** Words one after the other, each with its pause. */
export function sentencePcm(numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.flatMap((number) => [wordPcm(number), silencePcm(PAUSE_MS)]));
}

/** A talk: sentences of words that count up from `first`, with a longer pause behind each. */
export function talkPcm(first: number, sentences: number, wordsEach: number, pauseMs = 800): Buffer {
  const parts = Array.from({ length: sentences }, (_, sentence) => {
    const numbers = Array.from({ length: wordsEach }, (__, word) => first + sentence * wordsEach + word);
    return [sentencePcm(numbers), silencePcm(pauseMs)];
  });
  return Buffer.concat(parts.flat());
}
