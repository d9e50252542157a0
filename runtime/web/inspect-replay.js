/** A recording that is played again: to any place, frame by frame, or in its own time. */
import { InspectedSession } from './inspect-model.js';

/** @import { Frame } from './inspect-model.js' */

/** A longer silence of the recording is cut to this. */
const SILENCE_MAX_MS = 1_000;

export class Replay {
  /** @type {readonly Frame[]} */
  #frames;
  #position = 0;
  /** As it was after the frames up to the position. */
  session = new InspectedSession();

  /** @param {readonly Frame[]} frames */
  constructor(frames) {
    this.#frames = frames;
  }

  get length() {
    return this.#frames.length;
  }

  /** Frames that have happened. */
  get position() {
    return this.#position;
  }

  /** Frames that are still to come. */
  get left() {
    return this.length - this.#position;
  }

  /** Time of the newest frame for people, after a separator; empty before the first. */
  get clock() {
    const frame = this.#frames[this.#position - 1];
    return frame === undefined ? '' : ` · ${new Date(Number(frame.createdAt)).toISOString().slice(11, 23)}`;
  }

  /** How long the next frame was waited for. */
  get waitMs() {
    const [newest, next] = [this.#frames[this.#position - 1], this.#frames[this.#position]];
    if (newest === undefined || next === undefined) return 0;
    return Math.min(SILENCE_MAX_MS, Math.max(0, Number(next.createdAt) - Number(newest.createdAt)));
  }

  /** @param {number} position Brought into the bounds of the recording. */
  seek(position) {
    const wanted = Math.min(this.length, Math.max(0, Math.floor(position)));
    if (wanted < this.#position) {
      this.session = new InspectedSession();
      this.#position = 0;
    }
    for (const frame of this.#frames.slice(this.#position, wanted)) this.session.apply(frame);
    this.#position = wanted;
  }
}
