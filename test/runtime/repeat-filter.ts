/** What repeats itself passes once per window and is counted; no count is lost. */
import fc from 'fast-check';
import t from 'tap';
import { REPEAT_KINDS_MAX, REPEAT_WINDOW_MS, RepeatFilter } from '../../runtime/repeat-filter.ts';

function rig() {
  const told: [first: string, repeats: number][] = [];
  return { told, filter: new RepeatFilter<string>((first, repeats) => void told.push([first, repeats])) };
}

void t.test('the first of a kind passes, the others of its window do not', (t) => {
  const { told, filter } = rig();
  t.ok(filter.admits('a', 'first a', 0));
  t.notOk(filter.admits('a', 'second a', 1));
  t.ok(filter.admits('b', 'first b', 2), 'another kind passes');
  t.strictSame(told, []);
  t.end();
});

void t.test('when the window is over the first is told with the number of its repeats', (t) => {
  const { told, filter } = rig();
  for (let atMs = 0; atMs < 4; atMs += 1) filter.admits('a', `at ${atMs}`, atMs);
  filter.sweep(REPEAT_WINDOW_MS - 1);
  t.strictSame(told, [], 'not before its end');
  filter.sweep(REPEAT_WINDOW_MS);
  t.strictSame(told, [['at 0', 3]]);
  t.ok(filter.admits('a', 'again', REPEAT_WINDOW_MS), 'the next one passes');
  t.end();
});

void t.test('what did not repeat itself is not told again', (t) => {
  const { told, filter } = rig();
  filter.admits('a', 'a', 0);
  filter.sweep(REPEAT_WINDOW_MS);
  filter.admits('b', 'b', REPEAT_WINDOW_MS);
  filter.flush();
  t.strictSame(told, []);
  t.end();
});

void t.test('each kind has a window of its own', (t) => {
  const { told, filter } = rig();
  for (const [key, atMs] of [
    ['a', 0],
    ['a', 1],
    ['b', 5_000],
    ['b', 5_001],
  ] as const) {
    filter.admits(key, key, atMs);
  }
  filter.sweep(REPEAT_WINDOW_MS);
  t.strictSame(told, [['a', 1]]);
  filter.sweep(REPEAT_WINDOW_MS + 5_000);
  t.strictSame(told, [
    ['a', 1],
    ['b', 1],
  ]);
  t.end();
});

void t.test('flush tells every count at once, and each only once', (t) => {
  const { told, filter } = rig();
  for (const key of ['a', 'b', 'a', 'b', 'a']) filter.admits(key, key, 0);
  filter.flush();
  filter.flush();
  t.strictSame(told, [
    ['a', 2],
    ['b', 1],
  ]);
  t.end();
});

void t.test('with too many kinds the oldest is let go and its count told', (t) => {
  const { told, filter } = rig();
  filter.admits('oldest', 'oldest', 0);
  filter.admits('oldest', 'oldest', 0);
  for (let kind = 1; kind < REPEAT_KINDS_MAX; kind += 1) filter.admits(`kind ${kind}`, '', 0);
  t.strictSame(told, [], 'so many are remembered');
  filter.admits('one more', '', 0);
  t.strictSame(told, [['oldest', 1]]);
  t.notOk(filter.admits('kind 1', '', 0), 'the second oldest is still known');
  t.end();
});

const line = fc.record({ key: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat({ max: 6_000 }), sweeps: fc.boolean() });

void t.test('whatever comes when: what passed and what was counted are all that there was', (t) => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 200 }), (lines) => {
      const { told, filter } = rig();
      let atMs = 0;
      let passed = 0;
      for (const { key, afterMs, sweeps } of lines) {
        atMs += afterMs;
        if (sweeps) filter.sweep(atMs);
        if (filter.admits(key, key, atMs)) passed += 1;
      }
      filter.flush();
      return passed + told.reduce((sum, [, repeats]) => sum + repeats, 0) === lines.length;
    }),
  );
  t.end();
});
