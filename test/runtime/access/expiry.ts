import t from 'tap';
import { Expiries } from '../../../runtime/access/expiry.ts';

void t.test('each is ended once, when it is time, also when the clock was set forward', async (t) => {
  let nowMs = 1_000_000;
  const expiries = new Expiries(() => nowMs);
  const ended: string[] = [];
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  expiries.watch({}, nowMs + 5_000, () => {
    ended.push('soon');
    first.resolve();
  });
  expiries.watch({}, nowMs + 86_400_000, () => {
    ended.push('late');
    second.resolve();
  });
  expiries.watch({}, undefined, () => void ended.push('never'));
  const forget = expiries.watch({}, nowMs + 5_000, () => void ended.push('left before'));
  forget();
  t.equal(expiries.size, 2);
  nowMs += 5_000;
  const keepAlive = setInterval(() => {}, 1_000);
  await first.promise;
  t.strictSame(ended, ['soon']);
  nowMs += 86_400_000;
  await second.promise;
  clearInterval(keepAlive);
  t.strictSame(ended, ['soon', 'late']);
  t.equal(expiries.size, 0);
});
