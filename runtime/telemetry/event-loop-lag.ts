/** How late the event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const WINDOW_MS = 10_000;
/** A timer of this period is late by as long as the loop was held up. */
const RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1_000_000;

export interface EventLoopLag {
  /** 99th percentile of the last ten seconds, in milliseconds. */
  readonly ms: number;
  stop(): void;
}

export function watchEventLoop(): EventLoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const now = (): number => Math.max(0, delays.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS);
  let lastMs: number | undefined;
  const timer = setInterval(() => {
    lastMs = now();
    delays.reset();
  }, WINDOW_MS);
  timer.unref();
  return {
    get ms() {
      return lastMs ?? now();
    },
    stop: () => {
      clearInterval(timer);
      delays.disable();
    },
  };
}
