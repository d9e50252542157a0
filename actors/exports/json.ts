/** A transcript for programs: the records themselves. Pure. */
import { inOffsetOrder } from './run.ts';
import type { TranscriptRun } from './run.ts';

/** Legal in JSON, but lines for some tools, and orders to terminals and bidi text for others. */
const UNSAFE = /[\u{7f}-\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2066}-\u{2069}]/gu;

/**
 * A run as one JSON object whose `records` are finals (all of them, or those in `language`), gaps and insights as on the
 * wire, one a line and in the order of their offsets. `complete`: the run has ended, and no record before its end is missing.
 * `ledger` is that of the run's end.
 */
export function toJson(run: TranscriptRun, language?: string): string {
  const { slug, epoch, startedAt, endedAt, transcriber } = run;
  const all = inOffsetOrder(run.records);
  const end = all.findLast((record) => record.type === 'session_end');
  const complete = end !== undefined && all.every(({ offset }, index) => offset === index + 1);
  const fields = { slug, epoch, startedAt, endedAt, transcriber, language, complete, ledger: end?.ledger };
  const records = all.filter(
    (record) =>
      record.type === 'gap' ||
      record.type === 'ai_insight' ||
      (record.type === 'transcript_final' && (language === undefined || record.language === language)),
  );
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}: ${line(value)},\n`);
  const list = records.length === 0 ? '[]' : `[\n${records.map(line).join(',\n')}\n]`;
  return `{\n${lines.join('')}"records": ${list}\n}\n`;
}

function line(value: unknown): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(UNSAFE, escape);
}
