/** WebVTT (https://www.w3.org/TR/webvtt1/): cues with voices, gaps as comments. Pure. */
import { subtitleCues } from './cues.ts';
import type { Cue } from './cues.ts';
import { plainText } from './plain-text.ts';
import { clockParts, finalsOf, gapsOf, wholeMs } from './run.ts';
import type { Gap, TranscriptRun } from './run.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * A run as WebVTT: finals in `language`, or in the language each was spoken in. Speakers are voice spans; gaps and what
 * is known of the run are comments, as a header of names and values is not in section 4.1. Cues have no identifiers.
 */
export function toVtt(run: TranscriptRun, language?: string): string {
  const gaps = gapsOf(run).map((gap) => ({ startMs: wholeMs(gap.startMs), block: comment(gapLine(gap)) }));
  const cues = subtitleCues(finalsOf(run, language)).map((cue) => ({ startMs: cue.startMs, block: cueBlock(cue) }));
  const blocks = [...gaps, ...cues].toSorted((one, other) => one.startMs - other.startMs).map(({ block }) => block);
  return ['WEBVTT\n', comment(runLine(run, language)), ...blocks].join('\n');
}

function cueBlock({ startMs, endMs, lines, voice }: Cue): string {
  // An end tag may be left out when the span is the whole cue (section 4.2.2).
  const span = voice === undefined ? '' : `<v ${annotation(voice)}>`;
  return `${timestamp(startMs)} --> ${timestamp(endMs)}\n${span}${lines.map(escaped).join('\n')}\n`;
}

/** The name of a voice (section 4.2.2): the `>` of its tag makes an arrow of hyphens before it. */
function annotation(voice: string): string {
  return escaped(voice.replace(/(?<!-)--+$/, '–'));
}

/** Cue text (section 4.2.2): without `>` there is no `-->`. */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => escapes[character] ?? '');
}

/** A comment block (section 4.1) has no escapes and may not hold `-->`. */
function comment(text: string): string {
  return `NOTE ${plainText(text).replaceAll('>', '›')}\n`;
}

function runLine({ slug, epoch, startedAt, transcriber }: TranscriptRun, language?: string): string {
  const asked = language === undefined ? '' : `, language ${language}`;
  return `${slug}, run ${epoch}, started ${startedAt}, transcribed by ${transcriber}${asked}`;
}

function gapLine({ startMs, endMs, cause }: Gap): string {
  return `${timestamp(wholeMs(startMs))} to ${timestamp(wholeMs(endMs))} not transcribed: ${cause}`;
}

/** A timestamp (section 4.1): two digits of hours or more. */
function timestamp(timeMs: number): string {
  const { hours, minutes, seconds, fraction } = clockParts(timeMs);
  return `${hours}:${minutes}:${seconds}.${fraction}`;
}
