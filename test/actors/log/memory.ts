import t from 'tap';
import { MemoryLog } from '../../../actors/log/memory.ts';
import { Encoded } from '../../../actors/wire/encoded.ts';

const record = (offset: number): Encoded =>
  new Encoded({ type: 'gap', offset, startMs: 0, endMs: 1, cause: 'audio_lost' }, 'talk');

void t.test('records are read by their offset', (t) => {
  const log = new MemoryLog();
  t.strictSame([log.firstOffset, log.lastOffset], [1, 0]);
  const records = [record(1), record(2)];
  for (const each of records) log.append(each);
  t.strictSame([log.read(1), log.read(2)], records);
  t.strictSame([log.read(0), log.read(3)], [undefined, undefined]);
  t.end();
});

void t.test('a full log drops its oldest tenth, and offsets go on', (t) => {
  const log = new MemoryLog(20);
  for (let offset = 1; offset <= 21; offset += 1) log.append(record(offset));
  t.strictSame([log.firstOffset, log.lastOffset], [3, 21]);
  t.equal(log.read(2), undefined);
  t.match(log.read(3)?.as('v2')?.toString(), '"offset":3');
  t.end();
});
