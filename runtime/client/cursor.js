/**
 * Where a viewer is in a session's records, so that none is shown twice and none is missed.
 *
 * Offsets of one run are consecutive. A record that was seen before is skipped; one that comes too early means that
 * others got lost on the way, and the viewer attaches again from where it is.
 */

export class Cursor {
  /** The run; undefined before the first `session` message. @type {number | undefined} */
  epoch;
  /** The newest record that was taken. */
  offset = 0;
  /** The offset before a hole that was already asked for again. @type {number | undefined} */
  #askedAgainAt;

  /** For the `after` of a request. */
  toString() {
    return this.epoch === undefined ? '0' : `${this.epoch}:${this.offset}`;
  }

  /**
   * Takes the `session` message of a new connection.
   *
   * @param {import('./messages.js').SessionMessage} session
   * @returns {{ isNewRun: boolean, missed: number }} `missed`: records of this run that are gone for good.
   */
  attach({ epoch, resumed, firstOffset = 1 }) {
    const isNewRun = epoch !== this.epoch;
    if (isNewRun) {
      this.offset = 0;
      this.#askedAgainAt = undefined;
    }
    this.epoch = epoch;
    const missed = resumed ? 0 : Math.max(0, firstOffset - 1 - this.offset);
    this.offset += missed;
    return { isNewRun, missed };
  }

  /**
   * What to do with a record: take it, skip it because it was taken before, or ask again because one before it is
   * missing. A hole that is still there after asking is taken as it is.
   *
   * @param {number} offset
   * @returns {'take' | 'skip' | 'ask_again'}
   */
  place(offset) {
    if (offset <= this.offset) return 'skip';
    if (offset > this.offset + 1 && this.#askedAgainAt !== this.offset) {
      this.#askedAgainAt = this.offset;
      return 'ask_again';
    }
    this.offset = offset;
    return 'take';
  }
}
