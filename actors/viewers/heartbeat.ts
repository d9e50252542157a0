/**
 * Are the viewers still there? Each is pinged once per interval, the first time at a random point of it, so that pings
 * are spread; whoever leaves too many unanswered is closed.
 *
 * Any message counts as an answer, and so do bytes that have left: a backlog is slow, not dead. The clock stands still
 * while this process is held up, so that nobody is blamed for our silence.
 */
import type { Log } from '../ports.ts';
import { closes } from '../wire/close-codes.ts';
import { sweepInTurns } from './sweeps.ts';
import type { Viewer } from './viewer.ts';

/** How often each viewer is looked at, as a share of the interval, and its bound in milliseconds. */
const SWEEPS_PER_INTERVAL = 8;
const SWEEP_MAX_MS = 4_000;
/** Between two turns, in each of which a part of them is looked at: not too often, for each wakes the process. */
const TURN_MIN_MS = 10;
const TURN_MAX_MS = 200;

export interface HeartbeatOptions {
  /** `HEARTBEAT_INTERVAL_MS`. */
  intervalMs: number;
  /** `HEARTBEAT_MAX_MISSED`. */
  maxMissed: number;
  /** Monotonic milliseconds in which this process ran. */
  nowMs: () => number;
  /** From 0 to 1. */
  random: () => number;
  lines: Log;
  /** A viewer has taken nothing for so long, with bytes to take, that it never will. */
  onStuck: (viewer: Viewer) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #sweepMs: number;
  readonly #turnMs: number;
  #stop: (() => void) | undefined;
  #lastMs = 0;
  /** Viewers that are due for a look, whole ones and a part. */
  #due = 0;
  /** Goes round and round. */
  #round: Iterator<Viewer> | undefined;
  /** Viewers closed for silence. */
  timeouts = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#sweepMs = Math.min(SWEEP_MAX_MS, options.intervalMs / SWEEPS_PER_INTERVAL);
    this.#turnMs = Math.min(TURN_MAX_MS, Math.max(TURN_MIN_MS, this.#sweepMs / 2));
  }

  start(viewers: () => ReadonlySet<Viewer>): void {
    this.#lastMs = this.#options.nowMs();
    this.#stop = sweepInTurns(() => this.#turn(viewers()), this.#turnMs);
  }

  stop(): void {
    this.#stop?.();
  }

  /** A viewer has come. */
  attached(viewer: Viewer): void {
    const { nowMs, random, intervalMs } = this.#options;
    viewer.pingAtMs = nowMs() + random() * intervalMs;
  }

  /** Pings whoever is due and closes whoever was silent for too long. */
  sweep(viewers: Iterable<Viewer>): void {
    const nowMs = this.#options.nowMs();
    for (const viewer of viewers) this.#look(viewer, nowMs);
  }

  /** Looks at as many as is their share of the time since the last turn, so that thousands are no stall. */
  #turn(viewers: ReadonlySet<Viewer>): void {
    const nowMs = this.#options.nowMs();
    const share = (nowMs - this.#lastMs) / this.#sweepMs;
    this.#lastMs = nowMs;
    this.#due = Math.min(viewers.size, this.#due + viewers.size * share);
    for (; this.#due >= 1; this.#due -= 1) {
      const viewer = this.#next(viewers);
      if (viewer !== undefined) this.#look(viewer, nowMs);
    }
  }

  #next(viewers: ReadonlySet<Viewer>): Viewer | undefined {
    const next = this.#round?.next();
    if (next !== undefined && next.done !== true) return next.value;
    this.#round = viewers.values();
    const first = this.#round.next();
    return first.done === true ? undefined : first.value;
  }

  #look(viewer: Viewer, nowMs: number): void {
    if (!viewer.isOpen) return;
    viewer.look(nowMs);
    if (viewer.isStuck(nowMs)) this.#options.onStuck(viewer);
    // Rather early than late: who is gone is closed within `maxMissed + 1` intervals.
    else if (viewer.pingAtMs < nowMs + this.#sweepMs) this.#beat(viewer, nowMs);
  }

  #beat(viewer: Viewer, nowMs: number): void {
    const { intervalMs, maxMissed, lines } = this.#options;
    if (viewer.unanswered >= maxMissed) {
      this.timeouts += 1;
      lines.info('a viewer answers no ping and is closed', { missed: viewer.unanswered });
      viewer.close(closes.heartbeatTimeout);
      return;
    }
    viewer.unanswered += 1;
    viewer.pingAtMs = nowMs + intervalMs;
    viewer.line.ping();
  }
}
