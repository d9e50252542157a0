/**
 * Is memory flat? Samples after a collection, and the line that fits them best. Code that V8 makes is counted by itself: in
 * seven minutes among faults it grows by a megabyte or so, for every fault takes paths that were not taken before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { HeapFact } from './debugger.ts';
import type { ServerProgram } from './server-program.ts';

export interface MemorySample extends HeapFact {
  atMs: number;
  rssBytes: number;
}

export interface Slope {
  /** Growth of the fitted line in megabytes an hour, and how far that may be off (two standard errors). */
  perHour: number;
  perHourError: number;
  /** Growth of the fitted line over what was measured, in megabytes. */
  grown: number;
}

export interface MemoryVerdict {
  /** Without code. */
  heap: Trend;
  code: Trend;
  rss: Trend;
  isFlat: boolean;
  minutes: number;
}

export interface Trend {
  /** Undefined when there is too little for a line. */
  slope: Slope | undefined;
  lastMb: number;
}

const SAMPLE_MS = 5_000;
/** What a process reaches while it warms up is no leak: the first part of the samples does not count. */
const WARM_UP_SHARE = 0.3;
/** Less time than this says nothing … */
const SHOWN_MIN_MS = 60_000;
/** … and less than this not enough to judge: caches are filled for minutes. */
const JUDGED_MIN_MS = 240_000;
/** The heap is flat when its line may be one that grows no faster … */
const HEAP_MAX_MB_PER_HOUR = 1;
/** … or when it has grown by less than what comes and goes with live sessions. */
const HEAP_NOISE_MB = 0.5;
const MB = 1_048_576;
const HOUR_MS = 3_600_000;

/** Samples the program every few seconds until it is stopped; those of a program that was killed are dropped. */
export class MemoryWatch {
  readonly #server: ServerProgram;
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;
  #samples: MemorySample[] = [];
  #pid: number;

  constructor(server: ServerProgram) {
    this.#server = server;
    this.#pid = server.pid;
    this.#watching = this.#watch();
  }

  async stop(): Promise<MemoryVerdict> {
    this.#stopped.abort();
    await this.#watching;
    return judgeMemory(this.#samples);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const { pid } = this.#server;
      const { rssBytes, heap } = await this.#server.memory();
      if (pid !== this.#pid) this.#samples = [];
      this.#pid = pid;
      if (heap !== undefined) this.#samples.push({ atMs: performance.now(), rssBytes, ...heap });
      await pause(SAMPLE_MS, undefined, { signal }).catch(() => {});
    }
  }
}

export function judgeMemory(samples: readonly MemorySample[]): MemoryVerdict {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const lengthMs = (settled.at(-1)?.atMs ?? 0) - (settled[0]?.atMs ?? 0);
  const trendOf = (bytesOf: (sample: MemorySample) => number): Trend => {
    const last = samples.at(-1);
    const lastMb = last === undefined ? 0 : bytesOf(last) / MB;
    const isLong = lengthMs >= SHOWN_MIN_MS;
    return { lastMb, slope: isLong ? slopeOf(settled.map((sample) => [sample.atMs, bytesOf(sample)])) : undefined };
  };
  const heap = trendOf(({ dataBytes }) => dataBytes);
  const code = trendOf(({ codeBytes }) => codeBytes);
  const rss = trendOf(({ rssBytes }) => rssBytes);
  const isJudged = lengthMs >= JUDGED_MIN_MS;
  return { heap, code, rss, isFlat: !isJudged || isSlow(heap.slope), minutes: lengthMs / 60_000 };
}

function isSlow(slope: Slope | undefined): boolean {
  if (slope === undefined) return true;
  return slope.perHour - slope.perHourError <= HEAP_MAX_MB_PER_HOUR || slope.grown <= HEAP_NOISE_MB;
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): Slope {
  const count = points.length;
  const meanAt = points.reduce((sum, [at]) => sum + at, 0) / count;
  const mean = points.reduce((sum, [, value]) => sum + value, 0) / count;
  const spread = points.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - mean), 0) / spread;
  const left = points.reduce((sum, [at, value]) => sum + (value - mean - slope * (at - meanAt)) ** 2, 0);
  const error = Math.sqrt(left / Math.max(1, count - 2) / spread);
  const lengthMs = (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
  return {
    perHour: (slope * HOUR_MS) / MB,
    perHourError: (2 * error * HOUR_MS) / MB,
    grown: (slope * lengthMs) / MB,
  };
}
