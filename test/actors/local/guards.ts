/** Small pure parts of the engine. */
import t from 'tap';
import { withoutRepeats } from '../../../actors/local/guards.ts';
import { SampleRing } from '../../../actors/local/sample-ring.ts';
import { estimatedWords } from '../../../actors/local/word-times.ts';

void t.test('a text that runs in circles is cut where it begins to', (t) => {
  const loop = Array.from({ length: 6 }, () => 'thank you very much').join(' ');
  t.equal(withoutRepeats(loop, 10), 'thank you very much');
  t.equal(withoutRepeats(`We said ${loop}`, 10), 'We said thank you very much');
  t.end();
});

void t.test('what people repeat is kept, unless nobody could have said it so fast', (t) => {
  const refrain = 'row row row your boat and then row row row your boat';
  t.equal(withoutRepeats(refrain, 6), refrain);
  t.equal(withoutRepeats('a b c d e f a b c d e f', 1), 'a b c d e f');
  t.equal(withoutRepeats('a b c d e f a b c d e f', 3), 'a b c d e f a b c d e f');
  t.equal(withoutRepeats('', 1), '');
  t.end();
});

void t.test('words share the time of their utterance by their letters', (t) => {
  t.strictSame(estimatedWords('a bb  ccc', 1_000, 1_600), [
    { text: 'a', startMs: 1_000, endMs: 1_100, estimated: true },
    { text: 'bb', startMs: 1_100, endMs: 1_300, estimated: true },
    { text: 'ccc', startMs: 1_300, endMs: 1_600, estimated: true },
  ]);
  t.strictSame(estimatedWords(' ', 0, 10), []);
  t.end();
});

void t.test('the ring gives the newest samples by their number, and nothing that is gone or to come', (t) => {
  const ring = new SampleRing(4);
  ring.append(Float32Array.of(1, 2, 3));
  t.strictSame([...ring.slice(0, 9)], [1, 2, 3]);
  ring.append(Float32Array.of(4, 5, 6));
  t.equal(ring.end, 6);
  t.strictSame([...ring.slice(0, 9)], [3, 4, 5, 6]);
  t.strictSame([...ring.slice(4, 5)], [5]);
  t.strictSame([...ring.slice(7, 9)], []);
  t.end();
});
