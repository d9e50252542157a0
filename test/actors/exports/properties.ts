/** What is written reads back: whatever was said, strict parsers find the same words, in order, and nothing else. */
import fc from 'fast-check';
import t from 'tap';
import { plainText } from '../../../actors/exports/plain-text.ts';
import { toSrt } from '../../../actors/exports/srt.ts';
import { toTxt } from '../../../actors/exports/txt.ts';
import { toVtt } from '../../../actors/exports/vtt.ts';
import { checkShape, hostileRun, readsBack, readSrt, readVtt, said } from '../../support/read-subtitles.ts';
import { final, runOf } from './harness.ts';

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

const tagsOf = (text: string, index: number): string[] => text.match(new RegExp(`\\bf${index}w\\d+e`, 'g')) ?? [];
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

void t.test('hostile texts and names are read back as they are and begin no other cue', (t) => {
  fc.assert(fc.property(fc.array(hostileText, { maxLength: 5 }), hostileText, readsBack), { numRuns: 1_000 });
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
