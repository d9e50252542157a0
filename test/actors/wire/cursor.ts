import t from 'tap';
import { parseAfter } from '../../../actors/wire/cursor.ts';

void t.test('a cursor is EPOCH:OFFSET, or 0 for the start of the run; anything else is none', (t) => {
  t.strictSame(parseAfter('0'), 'start');
  t.strictSame(parseAfter('1790000000000:12'), { epoch: 1_790_000_000_000, offset: 12 });
  t.strictSame(parseAfter('7:0'), { epoch: 7, offset: 0 });
  for (const text of [
    '',
    '1',
    ':',
    '1:',
    ':1',
    '1:2:3',
    '-1:2',
    '1:-2',
    '1.5:2',
    'a:b',
    ' 1:2',
    '1:2 ',
    '00',
    '1e3:4',
  ]) {
    t.equal(parseAfter(text), undefined, JSON.stringify(text));
  }
  t.equal(parseAfter(`${'9'.repeat(16)}:1`), undefined, 'no number that a double cannot hold');
  t.end();
});
