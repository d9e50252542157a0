import t from 'tap';
import { plainText } from '../../../actors/exports/plain-text.ts';

void t.test('text becomes one line', (t) => {
  t.equal(plainText(' a\r\n\r\nb\u2028c\u2029d\u0085e\vf\fg\th\u00a0i '), 'a b c d e f g h i');
  t.end();
});

void t.test('controls, byte order marks and bidi overrides go; half a surrogate pair is replaced', (t) => {
  t.equal(plainText('a\0b\u001b[31mc\u009bd\ufeffe\u202ef\u2066g\uffffh'), 'ab[31mcdefgh');
  t.equal(plainText('a\ud800b\udc00'), 'a\ufffdb\ufffd');
  t.end();
});

void t.test('what scripts and emoji need stays', (t) => {
  for (const text of ['👩‍👩‍👧', 'می‌خواهم', 'שלום\u200f!', 'e\u0301', '🏴\u{e0067}\u{e0062}\u{e007f}'])
    t.equal(plainText(text), text);
  t.end();
});

void t.test('what nobody would see is nothing', (t) => {
  for (const text of ['', ' \n', '\u200b\u2060', '\u200b \u200d']) t.equal(plainText(text), '');
  t.end();
});
