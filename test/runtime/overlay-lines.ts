/** What an overlay has on the picture after each message. */
import t from 'tap';
import { CLEAR_MS, OverlayLines } from '../../runtime/web/overlay-lines.js';

const spoken = (utteranceId: string, text: string, language = 'en') => ({
  utteranceId,
  text,
  language,
  startMs: 0,
  endMs: 1_000,
});
const texts = ({ rows }: OverlayLines): string[][] => rows.map((row) => row.map(({ text }) => text));

void t.test('a partial grows in its place, and its final ends it there', (t) => {
  const lines = new OverlayLines([]);
  lines.say(spoken('a', 'One.'), 0);
  lines.say(spoken('b', 'tw'), 0);
  lines.say(spoken('c', 'three'), 0);
  lines.say(spoken('b', 'Two.'), 0);
  t.strictSame(texts(lines), [['One.', 'Two.', 'three']]);
  t.end();
});

void t.test('a partial that is withdrawn goes, and what was never there is no fault', (t) => {
  const lines = new OverlayLines([]);
  lines.say(spoken('a', 'noise'), 0);
  lines.say(spoken('a', ''), 0);
  lines.say(spoken('b', ''), 0);
  t.strictSame(texts(lines), [[]]);
  t.end();
});

void t.test('two languages stand one above the other, others are left out', (t) => {
  const lines = new OverlayLines(['en', 'fr']);
  lines.say(spoken('a', 'One.'), 0);
  lines.say(spoken('a', 'Un.', 'fr'), 0);
  lines.say(spoken('a', 'Eins.', 'de'), 0);
  t.strictSame(texts(lines), [['One.'], ['Un.']]);
  t.end();
});

void t.test('without a choice the spoken language is shown, whichever it is, and not its translations', (t) => {
  const lines = new OverlayLines([]);
  lines.say(spoken('a', 'One.'), 0);
  lines.say(spoken('a', 'Un.', 'fr'), 0);
  lines.say(spoken('b', 'Deux.', 'fr'), 0);
  lines.say(spoken('b', 'Two.', 'en'), 0);
  t.strictSame(texts(lines), [['One.', 'Deux.']]);
  t.end();
});

void t.test('after a silence the picture is free, and not before', (t) => {
  const lines = new OverlayLines([]);
  lines.say(spoken('a', 'One.'), 1_000);
  t.equal(lines.sweep(1_000 + CLEAR_MS - 1), false);
  t.strictSame(texts(lines), [['One.']]);
  t.equal(lines.sweep(1_000 + CLEAR_MS), true);
  t.strictSame(texts(lines), [[]]);
  t.equal(lines.sweep(100_000), false, 'nothing is left to change');
  t.end();
});

void t.test('ten hours of speech leave no more than a picture of it', (t) => {
  const lines = new OverlayLines([]);
  for (let number = 0; number < 20_000; number += 1) lines.say(spoken(`u${number}`, `${number}`), number);
  t.strictSame(
    texts(lines),
    [Array.from({ length: 8 }, (_, index) => String(19_992 + index))],
    'the newest, and a bounded number of them',
  );
  t.end();
});
