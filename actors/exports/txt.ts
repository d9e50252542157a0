/** A transcript to read: paragraphs with the time and the speaker before them. Pure. */
import { plainText } from './plain-text.ts';
import { clockParts, finalsOf, gapsOf, voiceOf, wholeMs } from './run.ts';
import type { Final, Gap, TranscriptRun } from './run.ts';

/** A silence longer than this starts a paragraph. */
const PAUSE_MS = 2_000;
/** Beside one of these on both sides, sentences have no space between them. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u{3000}-\u{303f}\u{ff01}-\u{ff60}]/u;

interface Paragraph {
  startMs: number;
  endMs: number;
  voice: string | undefined;
  text: string;
}

/**
 * A run as text: finals in `language`, or in the language each was spoken in, by their start. A paragraph ends at a
 * pause of more than two seconds, at another speaker, or at a gap; an empty line follows it.
 */
export function toTxt(run: TranscriptRun, language?: string): string {
  const items = [...finalsOf(run, language), ...gapsOf(run)];
  items.sort((one, other) => wholeMs(one.startMs) - wholeMs(other.startMs) || one.offset - other.offset);
  const blocks: (Paragraph | Gap)[] = [];
  for (const item of items) {
    if (item.type === 'gap') blocks.push(item);
    else addFinal(blocks, item);
  }
  return blocks.map((block) => `${'type' in block ? gapLine(block) : paragraphLine(block)}\n`).join('\n');
}

function addFinal(blocks: (Paragraph | Gap)[], final: Final): void {
  const text = plainText(final.text);
  if (text === '') return;
  const startMs = wholeMs(final.startMs);
  const endMs = Math.max(startMs, wholeMs(final.endMs));
  const voice = voiceOf(final);
  const last = blocks.at(-1);
  if (last === undefined || 'type' in last || last.voice !== voice || startMs - last.endMs > PAUSE_MS) {
    blocks.push({ startMs, endMs, voice, text });
    return;
  }
  const unspaced = UNSPACED.test(last.text.at(-1) ?? '') && UNSPACED.test(text[0] ?? '');
  last.text += `${unspaced ? '' : ' '}${text}`;
  last.endMs = Math.max(last.endMs, endMs);
}

function paragraphLine({ startMs, voice, text }: Paragraph): string {
  const { hours, minutes, seconds } = clockParts(startMs);
  const speaker = voice === undefined ? '' : `${voice}: `;
  return `[${hours}:${minutes}:${seconds}] ${speaker}${text}`;
}

/** Whole seconds, and at least one: a gap that was declared is never called nothing. */
function gapLine({ startMs, endMs }: Gap): string {
  const seconds = Math.max(1, Math.round((wholeMs(endMs) - wholeMs(startMs)) / 1_000));
  return `[… ${seconds} s not transcribed]`;
}
