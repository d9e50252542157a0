/**
 * Where in the session's own clock a sample of Gladia's clock lies.
 *
 * Gladia counts the audio that it was sent. That is not what was captured: audio is sent again after a drop, silence is
 * put before it, gaps are left out. So what was sent is remembered as pieces, each with its place on both clocks.
 */

interface Piece {
  /** On Gladia's clock. */
  at: number;
  /** On the session's clock. */
  from: number;
  length: number;
  /** Silence of our own: all of it lies at `from`. */
  isPadding: boolean;
}

/** Pieces kept; text refers to what was sent a short while ago. The oldest is dropped when there are more. */
const PIECES_MAX = 2_000;
/** 50 ms: engines tell times in steps of their frames. */
const STEP_SAMPLES = 800;

export class Timeline {
  #pieces: Piece[] = [];
  #end = 0;

  /** Samples sent so far, on Gladia's clock. */
  get end(): number {
    return this.#end;
  }

  /** Audio of the session's [from, from + length) has been sent. */
  audio(from: number, length: number): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && !last.isPadding && last.from + last.length === from) last.length += length;
    else this.#add({ at: this.#end, from, length, isPadding: false });
    this.#end += length;
  }

  /** Silence has been sent, which stands at the session's sample `from`. */
  padding(from: number, length: number): void {
    this.#add({ at: this.#end, from, length, isPadding: true });
    this.#end += length;
  }

  /** Gladia has received no more than `end` samples: what was sent after is lost. */
  cutAt(end: number): void {
    this.#pieces = this.#pieces.filter(({ at }) => at < end);
    const last = this.#pieces.at(-1);
    if (last !== undefined) last.length = Math.min(last.length, end - last.at);
    this.#end = Math.min(this.#end, end);
  }

  /** The session's sample of Gladia's sample `at`. */
  captured(at: number): number {
    const piece = this.#pieces.findLast((each) => each.at <= at) ?? this.#pieces[0];
    if (piece === undefined) return 0;
    return piece.isPadding ? piece.from : piece.from + Math.min(Math.max(0, at - piece.at), piece.length);
  }

  /**
   * The session's sample at which something begins that goes from Gladia's sample `at` to `end`. A beginning within a step
   * before a gap, of what goes on behind the gap, is one behind it.
   */
  begun(at: number, end: number): number {
    const index = this.#pieces.findLastIndex((each) => each.at <= at);
    const [piece, next] = [this.#pieces[index], this.#pieces[index + 1]];
    if (piece === undefined || next === undefined || next.isPadding) return this.captured(at);
    const isBeforeGap = next.from > piece.from + piece.length && next.at - at <= STEP_SAMPLES && next.at < end;
    return isBeforeGap ? next.from : this.captured(at);
  }

  #add(piece: Piece): void {
    this.#pieces.push(piece);
    if (this.#pieces.length > PIECES_MAX) this.#pieces.shift();
  }
}
