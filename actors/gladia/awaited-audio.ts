/** Who waits for audio to be said is told once: as soon as there is some, or when all has been said and none will follow. */
import type { ChunkSource } from '../ports.ts';

export class AwaitedAudio {
  readonly #source: ChunkSource;
  #onAudio: ((what: 'waiting' | 'over') => void) | undefined;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** @param nextSample From here on nothing has been sent. */
  await(onAudio: (what: 'waiting' | 'over') => void, nextSample: number): void {
    this.#onAudio = onAudio;
    this.look(nextSample);
  }

  /** There may be more audio, or the end of it. */
  look(nextSample: number): void {
    const { ended, ackedSample, headSample } = this.#source;
    const isOver = ended && ackedSample >= headSample;
    const onAudio = this.#onAudio;
    if (onAudio === undefined || !(isOver || headSample > nextSample)) return;
    this.#onAudio = undefined;
    onAudio(isOver ? 'over' : 'waiting');
  }
}
