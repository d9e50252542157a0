/** SubRip: numbered cues of plain text. Its only specification is what players do. Pure. */
import { subtitleCues } from './cues.ts';
import type { Cue } from './cues.ts';
import { plainText } from './plain-text.ts';
import { clockParts, finalsOf } from './run.ts';
import type { TranscriptRun } from './run.ts';

/**
 * CR LF as SubRip itself writes: desktop and browser players take either, television sets and other hardware players
 * are known to show the times as text after a lone LF.
 */
const LINE_END = '\r\n';

/**
 * The format has no escapes, and players take `<…>`, `{…}` and `\N` as markup: other characters stand for these that
 * look much the same. They also make `-->` text.
 */
const lookalikes: Record<string, string> = { '<': '‹', '>': '›', '{': '(', '}': ')', '\\': '∖' };

/**
 * A run as SRT: finals in `language`, or in the language each was spoken in. Dashes mark the change of speaker. The
 * format has no comments, so gaps are silences.
 */
export function toSrt(run: TranscriptRun, language?: string): string {
  const finals = finalsOf(run, language).map((final) => ({ ...final, text: withoutMarkup(final.text) }));
  return subtitleCues(finals)
    .map((cue, index) => [String(index + 1), timing(cue), ...shown(cue), '', ''].join(LINE_END))
    .join('');
}

function withoutMarkup(text: string): string {
  return plainText(text)
    .replace(/[<>{}\\]/g, (character) => lookalikes[character] ?? '')
    .replace(/&(?=#?\w+;)/g, '＆');
}

function shown({ lines, isTurn }: Cue): string[] {
  return lines.map((line, index) => (isTurn && index === 0 ? `- ${line}` : line));
}

function timing({ startMs, endMs }: Cue): string {
  return `${timestamp(startMs)} --> ${timestamp(endMs)}`;
}

/** Hours have as many digits as they need. */
function timestamp(timeMs: number): string {
  const { hours, minutes, seconds, fraction } = clockParts(timeMs);
  return `${hours}:${minutes}:${seconds},${fraction}`;
}
