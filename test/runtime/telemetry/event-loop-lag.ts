/** What the gauge of the event loop shows after it was held up. */
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { watchEventLoop } from '../../../runtime/telemetry/event-loop-lag.ts';

const WINDOW_MS = 100;
const HELD_UP_MS = 250;

function holdUp(): void {
  const endMs = performance.now() + HELD_UP_MS;
  while (performance.now() < endMs);
}

void t.test('a hold-up in which a window ends is shown, whichever timer is due first', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const lag = watchEventLoop(WINDOW_MS);
    await pause(30 + round * 7);
    const other = setInterval(() => {}, 1);
    holdUp();
    await turn();
    await turn();
    clearInterval(other);
    t.ok(lag.ms > HELD_UP_MS / 2, `${lag.ms} ms in round ${round}`);
    lag.stop();
  }
});
