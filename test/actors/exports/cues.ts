import t from 'tap';
import { subtitleCues } from '../../../actors/exports/cues.ts';
import { widthOf } from '../../../actors/exports/width.ts';
import { final } from './harness.ts';

const linesOf = (text: string, language = 'en') =>
  subtitleCues([final(text, { endMs: 6_000, language })]).map(({ lines }) => lines);
const timesOf = (finals: Parameters<typeof subtitleCues>[0]) =>
  subtitleCues(finals).map(({ startMs, endMs }) => [startMs, endMs]);

void t.test('a text that fits a line stays one line', (t) => {
  t.strictSame(linesOf('Yes. I know that very well, my friend.'), [['Yes. I know that very well, my friend.']]);
  t.strictSame(linesOf(' \n '), []);
  t.end();
});

void t.test('lines break at sentence ends, then at clauses, then before small words', (t) => {
  t.strictSame(linesOf('The train has left. Nobody knows when the next one will come.'), [
    ['The train has left.', 'Nobody knows when the next one will come.'],
  ]);
  t.strictSame(linesOf('When the train had finally left, nobody knew what to do.'), [
    ['When the train had finally left,', 'nobody knew what to do.'],
  ]);
  t.strictSame(linesOf('The old people of the village remember the railway very well'), [
    ['The old people of the village', 'remember the railway very well'],
  ]);
  t.strictSame(linesOf('Everybody here remembers the story of the railway'), [
    ['Everybody here remembers', 'the story of the railway'],
  ]);
  t.end();
});

void t.test('an abbreviation ends no sentence, and punctuation stays with its word', (t) => {
  t.strictSame(
    linesOf('We were very late when we at last met Mr. Smith there.').flat().at(-1)?.includes('Mr. S'),
    true,
  );
  for (const line of linesOf(
    'Mais pourquoi ne pas avoir attendu demain ! Et toi ? Non : « je ne sais pas »',
    'fr',
  ).flat()) {
    t.notMatch(line, /^[!?:»]|«$/);
  }
  t.end();
});

void t.test('lines are counted by what is seen: wide characters twice, joined ones once', (t) => {
  t.equal(widthOf('e\u0301👩‍👩‍👧‍👦ｱ日本。'), 1 + 2 + 1 + 6);
  for (const line of linesOf(
    '私は昨日、友達と一緒に東京へ行きました。「本当に楽しかった」と彼は言った。'.repeat(2),
    'ja',
  ).flat()) {
    t.ok(widthOf(line) <= 42, line);
    t.notMatch(line, /^[、。」]|「$/);
  }
  t.end();
});

void t.test('a word is torn only when no line holds it', (t) => {
  t.strictSame(linesOf(`see ${'x'.repeat(50)} now`), [['see', 'x'.repeat(42)], [`${'x'.repeat(8)} now`]]);
  t.end();
});

void t.test('times are those of the words, whatever their punctuation', (t) => {
  const text = 'Good evening. I want to talk about the history of the railway in this valley, because nobody has.';
  const words = text.split(' ').map((word, index) => ({
    ...{ text: ` ${word.replace(/\W/g, '')}`, startMs: 1_000 + index * 300, endMs: 1_200 + index * 300 },
  }));
  const cues = subtitleCues([final(text, { words, startMs: 0, endMs: 60_000 })]);
  let at = 0;
  for (const { startMs, lines } of cues) {
    t.equal(startMs, words[at]?.startMs, lines.join(' '));
    at += lines.join(' ').split(' ').length;
  }
  t.ok(cues.length > 1);
  t.equal(at, words.length);
  t.end();
});

void t.test('without words the time is shared out by letters', (t) => {
  const text = `${'a'.repeat(40)}. ${'b'.repeat(40)}. ${'c'.repeat(40)}. ${'d'.repeat(40)}.`;
  t.strictSame(timesOf([final(text, { startMs: 1_000, endMs: 11_000 })]), [
    [1_000, 6_000],
    [6_000, 11_000],
  ]);
  t.end();
});

void t.test('a silence inside an utterance ends a cue', (t) => {
  const words = [
    { text: 'well', startMs: 0, endMs: 400 },
    { text: 'perhaps', startMs: 4_000, endMs: 4_500 },
    { text: 'tomorrow', startMs: 4_500, endMs: 8_000 },
  ];
  t.strictSame(timesOf([final('well perhaps tomorrow', { words, endMs: 8_000 })]), [
    [0, 833],
    [4_000, 8_000],
  ]);
  t.end();
});

void t.test('a cue stays long enough to be read, as far as the next one allows, and never too long', (t) => {
  const text = 'forty letters are read in two seconds ok';
  t.strictSame(timesOf([final(text, { endMs: 500 })]), [[0, 2_000]], 'into the silence');
  t.strictSame(timesOf([final('a', { endMs: 10 })]), [[0, 833]]);
  t.strictSame(timesOf([final('a', { endMs: 60_000 })]), [[0, 7_000]]);
  const next = final('next', { offset: 2, startMs: 700, endMs: 900 });
  t.strictSame(timesOf([final(text, { endMs: 500 }), next])[0], [0, 700], 'up to the next');
  t.end();
});

void t.test('finals that overlap, come unordered or have no duration give cues one after the other', (t) => {
  const finals = [
    final('c', { offset: 3, startMs: 5_000, endMs: 1_000 }),
    final('b', { offset: 2, startMs: 1_000, endMs: 4_000 }),
    final('a', { offset: 1, startMs: 1_000, endMs: 4_000 }),
    final('d', { offset: 4, startMs: -5, endMs: Number.NaN }),
  ];
  t.strictSame(
    subtitleCues(finals).map(({ lines, startMs, endMs }) => [lines[0], startMs, endMs]),
    [
      ['d', 0, 833],
      ['a', 1_000, 1_833],
      ['b', 1_833, 4_000],
      ['c', 5_000, 5_833],
    ],
  );
  t.end();
});

void t.test('a crowd that speaks at once does not push captions away without end', (t) => {
  const crowd = Array.from({ length: 1_000 }, (_, index) => final('me too', { offset: index, channel: index % 8 }));
  t.ok((timesOf(crowd).at(-1)?.[0] ?? Infinity) < 8_000);
  t.end();
});

void t.test('a change of voice is told, and lines have room for its dash', (t) => {
  const cues = subtitleCues([
    final('Hello.', { speaker: '0' }),
    final('Hello again.', { offset: 2, startMs: 2_000, speaker: '0' }),
    final('x'.repeat(41), { offset: 3, startMs: 4_000, endMs: 9_000, speaker: 'Ann' }),
  ]);
  t.strictSame(
    cues.map(({ voice, isTurn, lines }) => [voice, isTurn, lines.length]),
    [
      ['Speaker 0', false, 1],
      ['Speaker 0', false, 1],
      ['Ann', true, 2],
    ],
  );
  t.end();
});
