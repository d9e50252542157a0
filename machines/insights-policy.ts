/** Which failed calls are tried again, how often and after which rest. Pure. */
import type { CallFault } from './ai-events.ts';

/** Longest rest before a call is tried again, in milliseconds; a longer `Retry-After` is cut to it. */
export const CALL_BACKOFF_MAX_MS = 120_000;
const CALL_BACKOFF_BASE_MS = 1_000;

/** Calls of one insight, the first included, before it is given up; its finals go into the next. */
const attemptsMax: Record<CallFault, number> = {
  unauthorised: 1,
  refused: 1,
  not_taken: 1,
  stopped: 1,
  invalid: 2,
  too_large: 2,
  not_a_stream: 2,
  rate_limited: 3,
  server_error: 3,
  unreachable: 3,
  cut: 3,
  timeout: 3,
};

/** @param attempts Calls of this insight, the failed one included. */
export function mayCallAgain(cause: CallFault, attempts: number): boolean {
  return attempts < attemptsMax[cause];
}

/** Is it for the operator to mend? Then the endpoint is left alone for longer. */
export function isRefusal(cause: CallFault): boolean {
  return cause === 'unauthorised' || cause === 'refused';
}

/** Rest before the next call of an insight, in milliseconds: what the endpoint asks for, or 1 s, 3 s. */
export function callBackoffMs(attempts: number, retryAfterMs: number | null): number {
  const ownMs = CALL_BACKOFF_BASE_MS * 3 ** Math.max(0, attempts - 1);
  return Math.min(Math.max(ownMs, retryAfterMs ?? 0), CALL_BACKOFF_MAX_MS);
}
