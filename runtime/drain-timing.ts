/** How `DRAIN_MS` is shared: the sessions first, then what is closed after them. */
import type { ServerTiming } from '../machines/server.ts';
import { ENGINE_STOP_MAX_MS } from './engine.ts';

/** For closing listeners after the sessions and the engine are gone. */
const LISTENERS_CLOSE_MS = 2_000;
/** For writing the last records. */
const LOG_CLOSE_MS = 5_500;
/** What engine, listeners and session log may take at most, each to its own bound. */
const CLOSE_MAX_MS = ENGINE_STOP_MAX_MS + LISTENERS_CLOSE_MS + LOG_CLOSE_MS;
/** What is kept for them however short the drain is: an engine that hangs is killed after 4 s. */
export const CLOSE_MIN_MS = 5_000;
/** Of a drain that is long enough, this part is kept for them. */
const CLOSE_SHARE = 1 / 3;

/**
 * From 10 s on both fit into `drainMs`. Of a shorter drain the sessions get half, and what is closed after them may take
 * `CLOSE_MIN_MS` more.
 */
export function drainTiming(drainMs: number): ServerTiming {
  const shutdownTimeoutMs = Math.min(CLOSE_MAX_MS, Math.max(CLOSE_MIN_MS, Math.floor(drainMs * CLOSE_SHARE)));
  return { drainTimeoutMs: Math.max(drainMs - shutdownTimeoutMs, Math.floor(drainMs / 2)), shutdownTimeoutMs };
}
