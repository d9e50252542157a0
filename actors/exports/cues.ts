/**
 * Finals as subtitle cues: broken where sense breaks, short enough for a screen, on it long enough to be read, one after
 * the other. The numbers are those of the Netflix Timed Text Style Guide and the BBC Subtitle Guidelines. Pure.
 */
import { CUE_MAX_MS, CUE_MIN_MS, layOut, LINE_MAX } from './lines.ts';
import { piecesOf } from './pieces.ts';
import { voiceOf } from './run.ts';
import type { Final } from './run.ts';
import { widthOf } from './width.ts';

/** A subtitle: times in whole milliseconds, `endMs` after `startMs` and not after the next cue's start. */
export interface Cue {
  startMs: number;
  endMs: number;
  /** One or two, never empty; plain text that no format's escapes were applied to. */
  lines: string[];
  /** Who speaks, as shown to people; absent where it is not known. */
  voice?: string;
  /** Does another voice speak than in the cue before? Lines then have room for a dash and a space. */
  isTurn: boolean;
}

/** A cue as said, before it takes its turn on the screen. */
type Draft = Omit<Cue, 'isTurn'> & { offset: number };

/** Columns a second that people read; CJK counts double, which makes the 10 a second asked for there. */
const READING_SPEED = 20;
/** When voices overlap, later cues wait for earlier ones; with more than this behind, they stop doing so. */
const LATE_MAX_MS = 5_000;
/** Columns that "- " takes. */
const DASH_WIDTH = 2;

/** Cues of finals in any order, by their start; cues that start together go by offset. */
export function subtitleCues(finals: readonly Final[]): Cue[] {
  const voices = new Set(finals.map(voiceOf));
  const widthMax = voices.size > 1 ? LINE_MAX - DASH_WIDTH : LINE_MAX;
  const drafts = finals.flatMap((final) => draftsOf(final, widthMax));
  drafts.sort((one, other) => one.startMs - other.startMs || one.offset - other.offset);
  return marked(timed(inTurn(drafts)));
}

function draftsOf(final: Final, widthMax: number): Draft[] {
  const voice = voiceOf(final);
  return layOut(piecesOf(final, widthMax), widthMax).map(({ pieces, lines }) => ({
    startMs: pieces[0]?.startMs ?? 0,
    endMs: pieces.at(-1)?.endMs ?? 0,
    lines,
    offset: final.offset,
    ...(voice === undefined ? {} : { voice }),
  }));
}

/** Starts that rise: what begins while an earlier cue is new waits until that one was seen. */
function inTurn(drafts: readonly Draft[]): Draft[] {
  let free = 0;
  return drafts.map((draft) => {
    const startMs = Math.max(draft.startMs, free);
    const seenMs = startMs - draft.startMs > LATE_MAX_MS ? 1 : Math.min(CUE_MIN_MS, draft.endMs - draft.startMs);
    free = startMs + Math.max(1, seenMs);
    return { ...draft, startMs };
  });
}

/** Ends that leave time to read, as far as the silence after the cue goes. */
function timed(drafts: readonly Draft[]): Draft[] {
  return drafts.map((draft, index) => {
    const { startMs, lines } = draft;
    const columns = lines.reduce((sum, line) => sum + widthOf(line), 0);
    const readMs = Math.max(CUE_MIN_MS, Math.ceil((columns * 1_000) / READING_SPEED));
    const endMs = Math.min(Math.max(draft.endMs, startMs + readMs), startMs + CUE_MAX_MS);
    return { ...draft, endMs: Math.min(endMs, drafts[index + 1]?.startMs ?? Infinity) };
  });
}

function marked(drafts: readonly Draft[]): Cue[] {
  return drafts.map(({ startMs, endMs, lines, voice }, index) => {
    const before = drafts[index - 1];
    const isTurn = before !== undefined && before.voice !== voice;
    return { startMs, endMs, lines, isTurn, ...(voice === undefined ? {} : { voice }) };
  });
}
