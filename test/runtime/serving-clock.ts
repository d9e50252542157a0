/** The clock that patience is measured with stands still while the process is held up. */
import t from 'tap';
import { HELD_UP_MS, ServingClock } from '../../runtime/serving-clock.ts';
import { eventually } from '../support/processes.ts';

function rig() {
  const world = { monotonicMs: 0 };
  const heldUp: number[] = [];
  const clock = new ServingClock({
    monotonicMs: () => world.monotonicMs,
    onHeldUp: (ms) => void heldUp.push(ms),
  });
  const at = (ms: number): number => {
    world.monotonicMs = ms;
    return clock.nowMs();
  };
  return { clock, heldUp, at, [Symbol.dispose]: () => clock.stop() };
}

void t.test('time goes on while it is looked at, and a long pause does not count', (t) => {
  using made = rig();
  const { at, heldUp } = made;
  const start = at(0);
  t.equal(at(250) - start, 250);
  t.equal(at(250 + HELD_UP_MS) - start, 250 + HELD_UP_MS, 'a short one is work, and counts');
  t.equal(at(61_250) - start, 1_250, 'a minute later by other clocks');
  t.equal(at(61_500) - start, 1_500);
  t.strictSame(heldUp, [60_000], 'it is told once, with how long it was');
  t.end();
});

void t.test('a deadline that passes while the process is held up is waited for again', async (t) => {
  using made = rig();
  const { clock, at } = made;
  let isFired = false;
  clock.setTimeout(() => (isFired = true), 50);
  at(10_000);
  let turns = 0;
  const turn = setInterval(() => (turns += 1), 20);
  await eventually('the timer of the process', () => turns >= 5);
  clearInterval(turn);
  t.notOk(isFired, 'by this clock nothing has passed');
  at(10_060);
  await eventually('the deadline', () => isFired);
});

void t.test('a deadline that is cleared does not fire, also while it is waited for again', async (t) => {
  using made = rig();
  const { clock, at } = made;
  let fired = 0;
  const first = clock.setTimeout(() => (fired += 1), 10);
  clock.clearTimeout(first);
  const second = clock.setTimeout(() => (fired += 1), 20);
  at(5_000);
  let turns = 0;
  const turn = setInterval(() => (turns += 1), 20);
  await eventually('the timer of the process', () => turns >= 3);
  clock.clearTimeout(second);
  at(5_100);
  await eventually('more turns', () => turns >= 6);
  clearInterval(turn);
  t.equal(fired, 0);
});

void t.test('looks at itself, so that a pause that nobody sees is one', async (t) => {
  const heldUp: number[] = [];
  const clock = new ServingClock({ onHeldUp: (ms) => void heldUp.push(ms) });
  t.teardown(() => clock.stop());
  const untilMs = performance.now() + 1_500;
  while (performance.now() < untilMs);
  await eventually('it is noticed', () => heldUp.length > 0);
  t.ok((heldUp[0] ?? 0) >= 1_400, String(heldUp[0]));
});
