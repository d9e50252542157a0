/** Sessions take turns to write, and the rest of the server has its turn between them. */
import t from 'tap';
import { Passes } from '../../../actors/viewers/passes.ts';

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A pass of so many slices that each take so long; notes its name in `order`. */
function pass(name: string, slices: number, order: string[], tick: () => void = () => {}): () => boolean {
  let left = slices;
  return () => {
    order.push(name);
    tick();
    left -= 1;
    return left > 0;
  };
}

void t.test('a large session and small ones get a slice each in turn', async (t) => {
  const passes = new Passes(() => 0);
  const order: string[] = [];
  await Promise.all([
    passes.run(pass('large', 4, order)),
    passes.run(pass('a', 1, order)),
    passes.run(pass('b', 2, order)),
  ]);
  t.strictSame(order, ['large', 'a', 'b', 'large', 'b', 'large', 'large']);
});

void t.test('nothing is written before the turn is over: what comes in it goes together', async (t) => {
  const order: string[] = [];
  const running = new Passes(() => 0).run(pass('a', 1, order));
  await Promise.resolve();
  order.push('the same turn');
  await running;
  t.strictSame(order, ['the same turn', 'a']);
});

void t.test('after a few milliseconds the server has its turn, and whoever waited is first afterwards', async (t) => {
  let nowMs = 0;
  const passes = new Passes(() => nowMs);
  const order: string[] = [];
  const slow = (): void => void (nowMs += 1.5);
  const all = Promise.all(['a', 'b', 'c'].map((name) => passes.run(pass(name, 2, order, slow))));
  await endOfTurn();
  order.push('server');
  await endOfTurn();
  order.push('server');
  await all;
  t.strictSame(order.slice(0, 6), ['a', 'b', 'server', 'c', 'a', 'server']);
  t.equal(order.filter((name) => name !== 'server').length, 6);
});
