/** How late the event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What happened is shown for one window at least: longer than the usual 15 s between two scrapes, so that none misses it. */
const WINDOW_MS = 16_000;
/** A timer of this period is late by as long as the loop was held up. */
const RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1_000_000;

export interface EventLoopLag {
  /** The longest delay of the last one to two windows, in milliseconds. */
  readonly ms: number;
  stop(): void;
}

/** Two measurements take turns in being begun anew: one loses the delay during which that happens, the other has it. */
export function watchEventLoop(windowMs = WINDOW_MS): EventLoopLag {
  const pair = [begin(), begin()] as const;
  let turn: 0 | 1 = 0;
  const timer = setInterval(() => {
    pair[turn].reset();
    turn = turn === 0 ? 1 : 0;
  }, windowMs);
  timer.unref();
  return {
    get ms() {
      return Math.max(0, ...pair.map(({ max }) => max / NANOSECONDS_PER_MS - RESOLUTION_MS));
    },
    stop: () => {
      clearInterval(timer);
      for (const delays of pair) delays.disable();
    },
  };
}

function begin(): ReturnType<typeof monitorEventLoopDelay> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return delays;
}
