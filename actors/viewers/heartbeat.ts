/**
 * Are the viewers still there? Each is pinged once per interval, the first time at a random point of it, so that pings
 * are spread; whoever leaves too many unanswered is closed.
 *
 * Any message counts as an answer, and so do bytes that have left: a backlog is slow, not dead. After a stall of our own
 * nobody is blamed once.
 */
import type { Log } from '../ports.ts';
import { closes } from '../wire/close-codes.ts';
import type { Viewer } from './viewer.ts';

/** How often viewers are looked at, as a share of the interval, and its bounds in milliseconds. */
const SWEEPS_PER_INTERVAL = 20;
const SWEEP_MIN_MS = 20;
const SWEEP_MAX_MS = 1_000;
/** A sweep that comes later than this after the one before says that we were stalled. */
const STALLED_SWEEPS = 5;

export interface HeartbeatOptions {
  /** `HEARTBEAT_INTERVAL_MS`. */
  intervalMs: number;
  /** `HEARTBEAT_MAX_MISSED`. */
  maxMissed: number;
  /** Monotonic milliseconds. */
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
  #timer: NodeJS.Timeout | undefined;
  #lastSweepMs = 0;
  /** Viewers closed for silence. */
  timeouts = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#sweepMs = Math.min(SWEEP_MAX_MS, Math.max(SWEEP_MIN_MS, options.intervalMs / SWEEPS_PER_INTERVAL));
  }

  start(viewers: () => Iterable<Viewer>): void {
    this.#lastSweepMs = this.#options.nowMs();
    this.#timer = setInterval(() => this.sweep(viewers()), this.#sweepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A viewer has come. */
  attached(viewer: Viewer): void {
    const { nowMs, random, intervalMs } = this.#options;
    viewer.pingAtMs = nowMs() + random() * intervalMs;
  }

  /** Pings whoever is due and closes whoever was silent for too long. */
  sweep(viewers: Iterable<Viewer>): void {
    const nowMs = this.#options.nowMs();
    const wasStalled = nowMs - this.#lastSweepMs > this.#sweepMs * STALLED_SWEEPS;
    this.#lastSweepMs = nowMs;
    for (const viewer of viewers) {
      if (wasStalled) viewer.unanswered = Math.max(0, viewer.unanswered - 1);
      if (!viewer.isOpen) continue;
      viewer.look(nowMs);
      if (viewer.isStuck(nowMs)) this.#options.onStuck(viewer);
      else if (viewer.pingAtMs <= nowMs) this.#beat(viewer, nowMs);
    }
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
