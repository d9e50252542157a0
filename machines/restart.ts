/**
 * Pure arithmetic of restarts, in OTP's terms: a child may be restarted `intensity` times in `periodMs`; one more and it
 * has failed for good. Between two restarts it rests, longer each time. Who else fails with it is said in
 * `README.md#restart-budgets`.
 */

/** How often a child may be restarted, and how long it rests before each time. */
export interface RestartPolicy {
  /** Restarts allowed within `periodMs`. */
  intensity: number;
  periodMs: number;
  /** Rest before the first restart of a period, in milliseconds; doubled for each further one. */
  backoffBaseMs: number;
  /** Upper bound of the rest, in milliseconds. */
  backoffMaxMs: number;
}

/** Five restarts a minute, resting 100 ms, 200 ms, 400 ms, 800 ms, 1.6 s. */
export const defaultRestartPolicy: RestartPolicy = {
  intensity: 5,
  periodMs: 60_000,
  backoffBaseMs: 100,
  backoffMaxMs: 5_000,
};

/**
 * The crashes that still count at `atMs`, the new one included. At most `intensity + 1` are kept, so that the history
 * is bounded.
 */
export function recordCrash(crashesAtMs: readonly number[], atMs: number, policy: RestartPolicy): number[] {
  const recent = crashesAtMs.filter((crashAtMs) => atMs - crashAtMs < policy.periodMs);
  return [...recent, atMs].slice(-(policy.intensity + 1));
}

/** May the child be restarted after these crashes (the newest included)? */
export function mayRestart(crashesAtMs: readonly number[], policy: RestartPolicy): boolean {
  return crashesAtMs.length <= policy.intensity;
}

/** Rest before the next start, in milliseconds, after these crashes (the newest included). */
export function backoffMs(crashesAtMs: readonly number[], policy: RestartPolicy): number {
  const doublings = Math.max(0, crashesAtMs.length - 1);
  return Math.min(policy.backoffBaseMs * 2 ** doublings, policy.backoffMaxMs);
}
