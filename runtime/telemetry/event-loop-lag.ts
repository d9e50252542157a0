/** How late the event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What happened is shown for one window at least: longer than the usual 15 s between two scrapes, so that none misses it. */
const WINDOW_MS = 16_000;
/** A timer of this period is late by as long as the loop was held up. */
const RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1_000_000;

export interface EventLoopLag {
  /** The longest delay of this window and the one before, in milliseconds. */
  readonly ms: number;
  stop(): void;
}

export function watchEventLoop(windowMs = WINDOW_MS): EventLoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const now = (): number => Math.max(0, delays.max / NANOSECONDS_PER_MS - RESOLUTION_MS);
  let lastMs = 0;
  const timer = setInterval(() => {
    lastMs = now();
    delays.reset();
  }, windowMs);
  timer.unref();
  return {
    get ms() {
      return Math.max(lastMs, now());
    },
    stop: () => {
      clearInterval(timer);
      delays.disable();
    },
  };
}
