/** What Gladia's refusals and close codes mean, and how long to wait after them. Pure. */
import type { GladiaRefusal } from './events.ts';

/** Dials of one session in a row without five healthy seconds between them; then a new session is asked for. */
export const REDIALS_MAX = 6;

/** Losses and refusals that are counted; rests grow no further. */
export const ATTEMPTS_MAX = 8;

/**
 * Is the session over for good? 1000 is the end that Gladia decided on; 44xx are final by its own client's list, with
 * 4403 for a session that had ended and 4408 for one without audio. Everything else may be dialled again.
 */
export function isSessionOver(code: number): boolean {
  return code === 1000 || (code >= 4400 && code <= 4499);
}

/** Is the address of the socket worthless, by the HTTP status of its handshake? */
export function isAddressDead(status: number): boolean {
  return [400, 401, 403, 404, 410].includes(status);
}

const REDIAL_BASE_MS = 300;
const REDIAL_FACTOR = 3;
const REDIAL_MAX_MS = 10_000;

/** Rest before dial number `attempt` in a row (the first is 1), in milliseconds: 0.3, 0.9, 2.7, 8.1, then 10 s. */
export function redialBackoffMs(attempt: number): number {
  return Math.min(REDIAL_BASE_MS * REDIAL_FACTOR ** Math.max(0, attempt - 1), REDIAL_MAX_MS);
}

const INITIATE_BASE_MS = 500;
const INITIATE_MAX_MS = 30_000;

/** Rest before a session is asked for again, in milliseconds: `Retry-After`, else 0.5 s doubled up to 30 s. */
export function initiateBackoffMs(attempt: number, retryAfterMs: number | null): number {
  return retryAfterMs ?? Math.min(INITIATE_BASE_MS * 2 ** Math.max(0, attempt - 1), INITIATE_MAX_MS);
}

/** The refusal that an actor's error carries; anything else counts as no answer. */
export function refusalOf(error: unknown): GladiaRefusal {
  if (typeof error === 'object' && error !== null && 'refusal' in error) return error.refusal as GladiaRefusal;
  return { kind: 'busy', status: 0, reason: 'Gladia gave no answer.' };
}
