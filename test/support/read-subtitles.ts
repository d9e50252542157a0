/** SubRip and WebVTT read strictly, as players do, and runs that try to make these formats say something else. */
import { plainText } from '../../actors/exports/plain-text.ts';
import type { Final, TranscriptRun } from '../../actors/exports/run.ts';
import { toSrt } from '../../actors/exports/srt.ts';
import { toVtt } from '../../actors/exports/vtt.ts';
import { widthOf } from '../../actors/exports/width.ts';
import { final, gap, runOf } from '../actors/exports/harness.ts';

/** A cue as it was read. */
export interface Read {
  startMs: number;
  endMs: number;
  lines: string[];
}

const TIMESTAMP = String.raw`(\d{2,}):([0-5]\d):([0-5]\d)`;

function timing(line: string, point: string): Pick<Read, 'startMs' | 'endMs'> {
  const found = new RegExp(`^${TIMESTAMP}${point}(\\d{3}) --> ${TIMESTAMP}${point}(\\d{3})$`).exec(line);
  if (found === null) throw new Error(`Expected cue timings, got ${JSON.stringify(line)}`);
  const [h = 0, m = 0, s = 0, f = 0, h2 = 0, m2 = 0, s2 = 0, f2 = 0] = found.slice(1).map(Number);
  return { startMs: ((h * 60 + m) * 60 + s) * 1_000 + f, endMs: ((h2 * 60 + m2) * 60 + s2) * 1_000 + f2 };
}

/** @throws Error where it is not strictly SubRip */
export function readSrt(file: string): Read[] {
  const blocks = file.split('\r\n\r\n');
  if (blocks.pop() !== '' || /[\r\n]/.test(file.replaceAll('\r\n', ''))) throw new Error('Expected CR LF only');
  return blocks.map((block, index) => {
    const [number, times = '', ...lines] = block.split('\r\n');
    if (number !== String(index + 1)) throw new Error(`Expected cue ${index + 1}, got ${number}`);
    if (lines.some((line) => line.trim() === '' || /-->|[<>{}\\]/.test(line))) throw new Error(`Unsafe: ${block}`);
    return { ...timing(times, ','), lines };
  });
}

/** WebVTT, section 6.1: blocks end at a blank line, or before a second line with an arrow. */
export function readVtt(file: string): Read[] {
  const [header, blank, ...lines] = file.replaceAll('\0', '\ufffd').split(/\r\n|\n|\r/);
  if (header !== 'WEBVTT' || blank !== '') throw new Error('Expected a header');
  const cues: Read[] = [];
  let block: 'none' | 'comment' | 'cue' = 'none';
  for (const line of lines) {
    if (line === '') block = 'none';
    else if (line.includes('-->')) {
      if (block !== 'none') throw new Error(`Expected no arrow, got ${line}`);
      block = 'cue';
      cues.push({ ...timing(line, '\\.'), lines: [] });
    } else if (block === 'cue') cues.at(-1)?.lines.push(line);
    else if (block === 'none' && line.startsWith('NOTE ')) block = 'comment';
    else throw new Error(`Expected a cue or a comment, got ${line}`);
  }
  return cues.map((cue) => ({ ...cue, lines: cueText(cue.lines.join('\n')).split('\n') }));
}

/** WebVTT, section 6.4, of texts that have at most one tag: a voice around everything. */
function cueText(text: string): string {
  const spoken = text.replace(/^<v [^<>\n]*[^<>\s][^<>\n]*>/, '');
  if (/[<>]|&(?!amp;|lt;|gt;)/.test(spoken)) throw new Error(`Expected text, got ${text}`);
  return spoken.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Throws at a cue that a viewer could not read. */
export function checkShape(cues: readonly Read[]): void {
  for (const [index, { startMs, endMs, lines }] of cues.entries()) {
    const fault = `${startMs} ${endMs} ${JSON.stringify(lines)}`;
    if (endMs <= startMs || endMs - startMs > 7_000) throw new Error(`its duration: ${fault}`);
    if (startMs < (cues[index - 1]?.endMs ?? 0)) throw new Error(`overlaps the one before: ${fault}`);
    if (lines.length < 1 || lines.length > 2 || lines.some((line) => line === ''))
      throw new Error(`its lines: ${fault}`);
    if (lines.some((line) => widthOf(line) > 42)) throw new Error(`too wide: ${fault}`);
  }
}

/** Every word of the cues. */
export const said = (cues: readonly Read[]): string => cues.flatMap(({ lines }) => lines).join(' ');

/** One final after the other, with gaps in between, in a run whose every name is hostile. */
export function hostileRun(texts: readonly string[], name: string): TranscriptRun {
  const finals = texts.map((text, index): Final => {
    const more = index % 2 === 0 ? {} : { speaker: name };
    return final(text, { startMs: index * 100_000, endMs: index * 100_000 + 90_000, ...more });
  });
  const run = runOf(finals.flatMap((one) => [one, gap(one.endMs, one.endMs + 10_000)]));
  return { ...run, slug: name, transcriber: name, startedAt: name };
}

/** Without what line breaks and dashes change, and what SRT shows by other characters. */
const letters = (text: string): string => text.replace(/[\s-]/g, '');
const safeLetters = (text: string): string => letters(text).replace(/[<>‹›{}()\\∖&＆]/g, '');

/** Are these texts, said by somebody of this name, what parsers find in both files? @throws Error where they stumble */
export function readsBack(texts: readonly string[], name: string): boolean {
  const run = hostileRun(texts, name);
  const [vtt, srt] = [readVtt(toVtt(run)), readSrt(toSrt(run))];
  checkShape(vtt);
  checkShape(srt);
  const plain = texts.map(plainText).join(' ');
  return letters(said(vtt)) === letters(plain) && safeLetters(said(srt)) === safeLetters(plain);
}
