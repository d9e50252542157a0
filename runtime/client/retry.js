/** When to attach again after a connection has ended. Pure: chance is an argument. */

/**
 * What the end of a connection means to a viewer:
 * - `no_session`: nobody publishes under this name yet
 * - `ended`: the run is over; another may follow
 * - `restarting`: the server goes down and comes back
 * - `full`: the server takes no more viewers now
 * - `lost`: anything that a new connection may mend
 * - `refused`: nothing will change by trying again
 *
 * @typedef {'no_session' | 'ended' | 'restarting' | 'full' | 'lost' | 'refused'} Ending
 */

/**
 * Bounds of a wait in milliseconds: it starts at `firstMs`, doubles with each attempt up to `lastMs`, and a random part of
 * `spread` (0–1) is taken off, so that viewers who were cut together do not come back together.
 *
 * @type {Readonly<Record<Exclude<Ending, 'refused'>, { firstMs: number, lastMs: number, spread: number }>>}
 */
const waits = {
  no_session: { firstMs: 1_500, lastMs: 5_000, spread: 0.5 },
  ended: { firstMs: 5_000, lastMs: 10_000, spread: 0.5 },
  restarting: { firstMs: 5_000, lastMs: 5_000, spread: 1 },
  full: { firstMs: 10_000, lastMs: 30_000, spread: 0.5 },
  lost: { firstMs: 500, lastMs: 15_000, spread: 0.5 },
};

/**
 * @param {number} code Close code; 1006 when the connection was cut or never made.
 * @param {string} reason
 * @returns {Ending}
 */
export function endingOf(code, reason) {
  if (code === 1008) return reason === 'heartbeat_timeout' ? 'lost' : 'refused';
  return endings[code] ?? 'lost';
}

/** @type {Readonly<Record<number, Ending>>} */
const endings = {
  1000: 'ended',
  1012: 'restarting',
  1013: 'full',
  4001: 'refused',
  4003: 'refused',
  4004: 'no_session',
};

/**
 * How long to wait, in milliseconds; undefined when there is no point in trying again.
 *
 * @param {Ending} ending
 * @param {number} attempt Attempts that ended in the same way before; 0 at first.
 * @param {() => number} random From 0 to below 1.
 * @returns {number | undefined}
 */
export function retryDelayMs(ending, attempt, random) {
  if (ending === 'refused') return undefined;
  const { firstMs, lastMs, spread } = waits[ending];
  const longestMs = Math.min(lastMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(longestMs * (1 - spread * random()));
}
