/** What is written reads back: whatever was said, strict parsers find the same words, in order, and nothing else. */
import fc from 'fast-check';
import t from 'tap';
import { plainText } from '../../../actors/exports/plain-text.ts';
import type { Final, TranscriptRun } from '../../../actors/exports/run.ts';
import { toSrt } from '../../../actors/exports/srt.ts';
import { toTxt } from '../../../actors/exports/txt.ts';
import { toVtt } from '../../../actors/exports/vtt.ts';
import { widthOf } from '../../../actors/exports/width.ts';
import { final, gap, runOf } from './harness.ts';

interface Read {
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

function readSrt(file: string): Read[] {
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
function readVtt(file: string): Read[] {
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

const hostile = fc.constantFrom(
  ...[
    '-->',
    '--',
    '>',
    '<',
    '&',
    '&lt;',
    '<v x>',
    '</v>',
    '<00:00:01.000>',
    '{\\an8}',
    '\\N',
    'NOTE',
    'WEBVTT',
    'STYLE',
  ],
  ...['\n', '\r', '\r\n\r\n', '\n\n1\n00:00:00,000 --> 00:00:09,000\n', '\n\n00:00.000 --> 00:09.000\n', '42', ' '],
  ...[
    '\u2028',
    '\u2029',
    '\u0085',
    '\0',
    '\u001b',
    '\u202e',
    '\u2066',
    '\ud800',
    '\udc00',
    '\ufeff',
    '\u200b',
    '\u3000',
  ],
  ...['東京へ行きました。', 'สวัสดีครับ', '👩‍👩‍👧', 'e\u0301', '«', '!', '…', 'x'.repeat(99), '日'.repeat(60), 'said', 'and'],
);
const hostileText = fc
  .array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 5 }), fc.constant(' ')), { maxLength: 30 })
  .map((parts) => parts.join(''));
const anyTime = fc.oneof(fc.integer({ min: -5_000, max: 20_000 }), fc.constantFrom(Number.NaN, 1e300, -1e300, 0.5));

/** Words that name their final and their place in it, so that they are known again in any mixture. */
const taggedFinals = fc
  .array(
    fc.record({
      endings: fc.array(fc.constantFrom('', '', '', ',', '.', ' !', '日本', '-and-a-half'), {
        minLength: 1,
        maxLength: 40,
      }),
      times: fc.array(fc.tuple(anyTime, anyTime), { maxLength: 41 }),
      ...{ startMs: anyTime, endMs: anyTime, channel: fc.nat(2), speaker: fc.constantFrom('0', '1', 'Ann') },
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(({ endings, times, ...more }, index) => {
      const tagged = endings.map((ending, place) => `f${index}w${place}e${ending}`);
      const words = times.map(([startMs, endMs], place) => ({ text: tagged[place] ?? 'more', startMs, endMs }));
      return final(tagged.join(' '), { ...more, ...(words.length > 0 ? { words } : {}) });
    }),
  );

/** Throws at a cue that a viewer could not read. */
function checkShape(cues: readonly Read[]): void {
  for (const [index, { startMs, endMs, lines }] of cues.entries()) {
    const fault = `${startMs} ${endMs} ${JSON.stringify(lines)}`;
    if (endMs <= startMs || endMs - startMs > 7_000) throw new Error(`its duration: ${fault}`);
    if (startMs < (cues[index - 1]?.endMs ?? 0)) throw new Error(`overlaps the one before: ${fault}`);
    if (lines.length < 1 || lines.length > 2 || lines.some((line) => line === ''))
      throw new Error(`its lines: ${fault}`);
    if (lines.some((line) => widthOf(line) > 42)) throw new Error(`too wide: ${fault}`);
  }
}

const tagsOf = (text: string, index: number): string[] => text.match(new RegExp(`\\bf${index}w\\d+e`, 'g')) ?? [];
const said = (cues: readonly Read[]): string => cues.flatMap(({ lines }) => lines).join(' ');

void t.test('finals of any times and voices keep their words in order, in cues of the right shape', (t) => {
  fc.assert(
    fc.property(taggedFinals, (finals) => {
      const run = runOf(finals);
      for (const cues of [readSrt(toSrt(run)), readVtt(toVtt(run))]) {
        checkShape(cues);
        for (const [index, { text }] of finals.entries()) {
          if (tagsOf(said(cues), index).join(' ') !== tagsOf(text, index).join(' ')) return false;
        }
      }
      return finals.every(({ text }, index) => tagsOf(toTxt(run), index).join(' ') === tagsOf(text, index).join(' '));
    }),
    { numRuns: 400 },
  );
  t.end();
});

/** One final after the other, with gaps in between, in a run whose every name is hostile. */
function hostileRun(texts: readonly string[], name: string): TranscriptRun {
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

void t.test('hostile texts and names are read back as they are and begin no other cue', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { maxLength: 5 }), hostileText, (texts, name) => {
      const run = hostileRun(texts, name);
      const [vtt, srt] = [readVtt(toVtt(run)), readSrt(toSrt(run))];
      checkShape(vtt);
      checkShape(srt);
      const plain = texts.map(plainText).join(' ');
      return letters(said(vtt)) === letters(plain) && safeLetters(said(srt)) === safeLetters(plain);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

void t.test('a text file has as many lines as paragraphs and gaps, whatever is said', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { maxLength: 5 }), hostileText, (texts, name) => {
      const lines = toTxt(hostileRun(texts, name)).split(/[\n\r\u2028\u2029\u0085]/);
      const blocks = texts.length + texts.filter((text) => plainText(text) !== '').length;
      return (
        lines.length === Math.max(1, blocks * 2) &&
        lines.every((line, index) => (line === '') === (index % 2 === 1 || blocks === 0))
      );
    }),
    { numRuns: 300 },
  );
  t.end();
});
