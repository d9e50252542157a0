/** Tells words from sound as it comes; positions are samples of all that was pushed. */
import { bandsHz, wordName } from './marks.ts';

export interface DecodedWord {
  /** `w???` for one that is cut short, drawn out or garbled. */
  name: string;
  startSample: number;
  endSample: number;
}

const SAMPLE_RATE_HZ = 16_000;
const FRAME_SAMPLES = 320;
/** Quieter frames are silence (root mean square of 32,767). */
const VOICED_RMS = 700;
/** A word ends after this many silent frames. */
const SILENT_FRAMES = 3;
/** A whole word has 12 voiced frames, give or take one for coding; with a chunk lost or doubled in it, fewer or more. */
const WORD_FRAMES_MIN = 10;
const WORD_FRAMES_MAX = 14;
const AGREEMENT_MIN = 0.7;

export class MarkDecoder {
  #rest = Buffer.alloc(0);
  #frames = 0;
  #votes: number[] = [];
  #startFrame = 0;
  #silent = 0;

  /** Is a word being spoken? */
  get isVoiced(): boolean {
    return this.#votes.length > 0;
  }

  push(pcm: Buffer): DecodedWord[] {
    const all = Buffer.concat([this.#rest, pcm]);
    const words: DecodedWord[] = [];
    let at = 0;
    for (; at + FRAME_SAMPLES * 2 <= all.length; at += FRAME_SAMPLES * 2) {
      const word = this.#frame(all.subarray(at, at + FRAME_SAMPLES * 2));
      if (word !== undefined) words.push(word);
    }
    this.#rest = Buffer.from(all.subarray(at));
    return words;
  }

  #frame(frame: Buffer): DecodedWord | undefined {
    const samples = Array.from({ length: FRAME_SAMPLES }, (_, index) => frame.readInt16LE(index * 2));
    this.#frames += 1;
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / FRAME_SAMPLES);
    if (rms >= VOICED_RMS) {
      if (this.#votes.length === 0) this.#startFrame = this.#frames - 1;
      this.#votes.push(recognise(samples));
      this.#silent = 0;
      return undefined;
    }
    if (this.#votes.length === 0) return undefined;
    this.#silent += 1;
    return this.#silent < SILENT_FRAMES ? undefined : this.#word();
  }

  #word(): DecodedWord {
    const votes = this.#votes;
    const endFrame = this.#frames - this.#silent;
    this.#votes = [];
    this.#silent = 0;
    const counts = Map.groupBy(votes, (vote) => vote);
    const [best = [0, []]] = [...counts].toSorted(([, left], [, right]) => right.length - left.length);
    const [number, agreeing] = best;
    const isWhole = votes.length >= WORD_FRAMES_MIN && votes.length <= WORD_FRAMES_MAX;
    return {
      name: isWhole && agreeing.length >= votes.length * AGREEMENT_MIN ? wordName(number) : 'w???',
      startSample: this.#startFrame * FRAME_SAMPLES,
      endSample: endFrame * FRAME_SAMPLES,
    };
  }
}

function recognise(samples: readonly number[]): number {
  return bandsHz.reduce((word, band, index) => {
    const powers = band.map((hz) => power(samples, hz));
    return word | (powers.indexOf(Math.max(...powers)) << (3 * index));
  }, 0);
}

/** Goertzel's algorithm. */
function power(samples: readonly number[], hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE_HZ);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + coefficient * last - before];
  return before * before + last * last - coefficient * before * last;
}
