/** The workloads of the fan-out benchmark, what is read off each, and what captiond has to reach. */
import type { LoadOptions, LoadResult } from './load.ts';

/** What one server did under one workload in one round. */
export interface Run extends LoadResult {
  /** Longest time for which the server's loop did nothing else, where it was asked. */
  stallMs: number;
  /** The same load without its slow viewers, where the workload asks for it. */
  control?: LoadResult;
}

/** `of`: the reference whose figure is the unit; without it the figure itself is meant. */
export interface Target {
  of?: 'naive ws' | 'Socket.IO';
  least?: number;
  most?: number;
}

export interface Measure {
  name: string;
  digits: number;
  value: (run: Run) => number;
  targets: readonly Target[];
}

export interface Workload {
  id: string;
  title: string;
  load: LoadOptions;
  /** Between two pings of a viewer; captiond's default where it is not said. */
  heartbeatMs?: number;
  /** Small send buffers, in a network of its own: else the kernel takes megabytes for a viewer that does not read. */
  isIsolated?: boolean;
  hasControl?: boolean;
  watchesStalls?: boolean;
  measures: readonly Measure[];
}

const atMost = (most: number, of?: Target['of']): Target => ({ most, ...(of && { of }) });
const atLeast = (least: number, of?: Target['of']): Target => ({ least, ...(of && { of }) });

const cpu = (...targets: Target[]): Measure => ({
  name: 'CPU µs a delivery',
  digits: 2,
  value: ({ cpu_us }) => cpu_us,
  targets,
});
const delivered = (...targets: Target[]): Measure => ({
  name: 'deliveries a second',
  digits: 0,
  value: ({ rate }) => rate,
  targets,
});
const p50 = (...targets: Target[]): Measure => ({ name: 'p50 ms', digits: 1, value: (run) => run.p50, targets });
const p99 = (...targets: Target[]): Measure => ({ name: 'p99 ms', digits: 1, value: (run) => run.p99, targets });
const lostFinals: Measure = {
  name: 'finals that readers lack',
  digits: 0,
  value: ({ missing_finals }) => missing_finals,
  targets: [atMost(0)],
};
const slowFinals: Measure = {
  name: 'finals that the slow have in the end, %',
  digits: 1,
  value: ({ slow_finals_share }) => slow_finals_share * 100,
  targets: [atLeast(100)],
};

export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'one session, 1,000 viewers, one message in flight',
    load: { viewers: 1_000, mode: 'closed', window: 1 },
    measures: [cpu(atMost(0.62, 'naive ws'), atMost(0.47, 'Socket.IO')), delivered()],
  },
  {
    id: 'W2',
    title: 'the same, eight messages in flight',
    load: { viewers: 1_000, mode: 'closed', window: 8 },
    measures: [delivered(atLeast(6, 'naive ws')), cpu()],
  },
  {
    id: 'W3',
    title: 'one session, 10,000 viewers, 8 messages a second',
    load: { viewers: 10_000, rate: 8, measured: 6 },
    measures: [p50(), p99(atMost(0.3, 'Socket.IO')), cpu()],
  },
  {
    id: 'W4',
    title: 'one session, 1,000 viewers, 10 messages a second of which every other is a final',
    load: { viewers: 1_000, rate: 10, 'final-every': 2, measured: 15 },
    measures: [
      {
        name: 'p99 of finals, on disk before they leave, ms',
        digits: 1,
        value: ({ final_p99 }) => final_p99,
        targets: [atMost(25)],
      },
      p50(),
    ],
  },
  {
    id: 'W5',
    title: '200 sessions of 50 viewers, 5 messages a second each',
    load: { viewers: 10_000, sessions: 200, rate: 5, measured: 5 },
    measures: [cpu(atMost(0.8, 'naive ws')), p99(atMost(10))],
  },
  {
    id: 'W6',
    title: 'overload: one session, 2,000 viewers, 250 messages a second',
    load: { viewers: 2_000, rate: 250, measured: 5, drain: 10 },
    measures: [
      p99(atMost(30)),
      { name: 'p99 of finals, ms', digits: 1, value: ({ final_p99 }) => final_p99, targets: [atMost(40)] },
      lostFinals,
      delivered(),
    ],
  },
  {
    id: 'W7',
    title: 'one session of 5,000 viewers beside 50 of 10, 10 messages a second each',
    load: { viewers: 5_500, hot: 5_000, sessions: 51, rate: 10, measured: 5 },
    measures: [
      {
        name: 'p99 of the small sessions, ms',
        digits: 1,
        value: ({ small_p99 }) => small_p99,
        targets: [atMost(10), atMost(0.15, 'naive ws')],
      },
      p50(),
    ],
  },
  {
    id: 'W8',
    title: '500 viewers of which 50 do not read, 100 messages of 1,000 B a second',
    load: { viewers: 500, rate: 100, size: 1_000, silent: 10, rcvbuf: 16_384, measured: 11, resume: 3 },
    isIsolated: true,
    hasControl: true,
    measures: [
      {
        name: 'RSS for a viewer that does not read, KB',
        digits: 0,
        value: (run) => (run.rss_growth_kb - (run.control?.rss_growth_kb ?? NaN)) / run.slow_viewers,
        targets: [atMost(8)],
      },
      {
        name: 'p99 of the readers against that without the others',
        digits: 2,
        value: (run) => run.p99 / (run.control?.p99 ?? NaN),
        targets: [atMost(1.1)],
      },
      slowFinals,
    ],
  },
  {
    id: 'W9',
    title: '100 viewers of which 10 read 40 % of 20 messages of 1,000 B a second',
    load: {
      viewers: 100,
      rate: 20,
      size: 1_000,
      slow: 10,
      'slow-bytes': 8_000,
      rcvbuf: 8_192,
      measured: 15,
      resume: 3,
    },
    measures: [
      { name: 'lag of the slow, p99 ms', digits: 0, value: ({ slow_p99 }) => slow_p99, targets: [atMost(4_000)] },
      { name: 'lag of the slow, p50 ms', digits: 0, value: ({ slow_p50 }) => slow_p50, targets: [] },
      { name: 'the same 5 s before', digits: 0, value: ({ slow_middle_p50 }) => slow_middle_p50, targets: [] },
      slowFinals,
      p99(),
    ],
  },
  {
    id: 'W10',
    title: '10,000 idle viewers',
    load: { viewers: 10_000, mode: 'idle', settle: 4.5, warm: 0, measured: 0.5 },
    measures: [
      {
        name: 'RSS a viewer, KB',
        digits: 1,
        value: ({ rss_kb_per_viewer }) => rss_kb_per_viewer,
        targets: [atMost(8.5), atMost(0.4, 'Socket.IO')],
      },
      {
        name: 'seconds until all are in',
        digits: 2,
        value: ({ connect_s }) => connect_s,
        targets: [],
      },
    ],
  },
  {
    id: 'W11',
    title: '10,000 idle viewers, each pinged every 25 s',
    load: { viewers: 10_000, mode: 'idle', settle: 2, warm: 2, measured: 25 },
    heartbeatMs: 25_000,
    watchesStalls: true,
    measures: [
      { name: '% of a core', digits: 2, value: ({ core }) => core * 100, targets: [atMost(0.6)] },
      { name: 'longest stall, ms', digits: 1, value: ({ stallMs }) => stallMs, targets: [atMost(5)] },
    ],
  },
];
