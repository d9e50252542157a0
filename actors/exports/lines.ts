/** Pieces laid out in cues of at most two lines, with the breaks that cost least. Pure. */
import { breakCosts } from './pieces.ts';
import type { Piece } from './pieces.ts';

/** Columns of a line (Netflix Timed Text Style Guide). */
export const LINE_MAX = 42;
/** Longest time that a cue stays: one that stays longer is read twice. */
export const CUE_MAX_MS = 7_000;
/** Least time on the screen (20 of 24 frames a second), where the following cue allows it. */
export const CUE_MIN_MS = 833;

/** What a cue costs by itself: fewer cues are better while their breaks are as good. */
const CUE_COST = 10;
/** A sentence end or a silence inside a line of a cue of two. */
const INNER_COST = 12;
/** A part of an utterance that is too short to be read: in columns, or in time. */
const ORPHAN_COST = 8;
const ORPHAN_WIDTH = 12;
/** Columns by which lines differ, and a top line that is the longer one: it covers more of the picture. */
const IMBALANCE_COST = 0.3;
const TOP_HEAVY_COST = 3;

/** What one cue shows. */
export interface Layout {
  pieces: Piece[];
  /** One or two lines. */
  lines: string[];
}

/** A cue that could be: pieces from `start` to `end` (exclusive), broken before piece `at` when that is not `end`. */
interface Candidate {
  start: number;
  end: number;
  at: number;
  cost: number;
}

/** Lays out the pieces of one utterance. @param widthMax Columns of a line; no piece has more. */
export function layOut(pieces: readonly Piece[], widthMax: number): Layout[] {
  const ruler = new Ruler(pieces);
  const costs = [0];
  const best: Candidate[] = [];
  for (let start = 0; start < pieces.length; start += 1) {
    for (const candidate of candidatesFrom(ruler, start, widthMax)) {
      const cost = (costs[start] ?? 0) + candidate.cost;
      if (cost >= (costs[candidate.end] ?? Infinity)) continue;
      costs[candidate.end] = cost;
      best[candidate.end] = candidate;
    }
  }
  const layouts: Layout[] = [];
  for (let last = best[pieces.length]; last; last = best[last.start]) {
    const { start, at, end } = last;
    const lines = at === end ? [ruler.text(start, end)] : [ruler.text(start, at), ruler.text(at, end)];
    layouts.push({ pieces: pieces.slice(start, end), lines });
  }
  return layouts.toReversed();
}

/** Every cue that may begin at `start`. */
function* candidatesFrom(ruler: Ruler, start: number, widthMax: number): Generator<Candidate> {
  const { pieces } = ruler;
  const startMs = pieces[start]?.startMs ?? 0;
  for (let end = start + 1; end <= pieces.length; end += 1) {
    const last = pieces[end - 1];
    if (last === undefined || (end > start + 1 && last.endMs - startMs > CUE_MAX_MS)) return;
    const width = ruler.width(start, end);
    const lineBreak = width <= widthMax ? { at: end, cost: 0 } : bestBreak(ruler, start, end, widthMax);
    if (lineBreak === undefined) return;
    const isPart = start > 0 || end < pieces.length;
    const isOrphan = isPart && (width < ORPHAN_WIDTH || last.endMs - startMs < CUE_MIN_MS);
    const after = end < pieces.length ? breakCosts[last.after] : 0;
    yield { start, end, at: lineBreak.at, cost: CUE_COST + (isOrphan ? ORPHAN_COST : 0) + after + lineBreak.cost };
  }
}

/** Where two lines break best: sense first, then balance. Undefined when two lines do not hold the pieces. */
function bestBreak(
  ruler: Ruler,
  start: number,
  end: number,
  widthMax: number,
): { at: number; cost: number } | undefined {
  let best: { at: number; cost: number } | undefined;
  for (let at = start + 1; at < end && ruler.width(start, at) <= widthMax; at += 1) {
    const [top, bottom] = [ruler.width(start, at), ruler.width(at, end)];
    if (bottom > widthMax) continue;
    const inner = ruler.stops(start, at - 1) + ruler.stops(at, end - 1);
    const balance = Math.abs(top - bottom) * IMBALANCE_COST + (top > bottom ? TOP_HEAVY_COST : 0);
    const cost = breakCosts[ruler.pieces[at - 1]?.after ?? 'plain'] + inner * INNER_COST + balance;
    if (cost < (best?.cost ?? Infinity)) best = { at, cost };
  }
  return best;
}

/** Measures runs of pieces, from one (inclusive) to another (exclusive), without adding them up each time. */
class Ruler {
  readonly pieces: readonly Piece[];
  readonly #columns = [0];
  readonly #stops = [0];

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces;
    for (const [index, { width, spaced, after }] of pieces.entries()) {
      this.#columns.push((this.#columns[index] ?? 0) + width + (spaced ? 1 : 0));
      this.#stops.push((this.#stops[index] ?? 0) + (breakCosts[after] === 0 ? 1 : 0));
    }
  }

  /** Columns on one line. */
  width(from: number, to: number): number {
    const space = this.pieces[from]?.spaced ? 1 : 0;
    return (this.#columns[to] ?? 0) - (this.#columns[from] ?? 0) - space;
  }

  /** Sentence ends and silences. */
  stops(from: number, to: number): number {
    return (this.#stops[to] ?? 0) - (this.#stops[from] ?? 0);
  }

  text(from: number, to: number): string {
    const parts = this.pieces.slice(from, to).map(({ text, spaced }) => (spaced ? ` ${text}` : text));
    return parts.join('').replace(/^ /, '');
  }
}
