/** The report of a run of the fault suite, as text. */
import type { ChaosResult } from './chaos.ts';
import { ALLOWANCE_MS } from './fault-run.ts';
import type { Trend } from './memory.ts';

/** Broken promises that are listed; the others are counted. */
const SHOWN_MAX = 60;

export function reportOf(result: ChaosResult): string {
  const { options, checked, breaches } = result;
  const { seed, lengthMs, sessions, viewersEach } = options;
  const title = `${options.isSoak ? 'Soak' : 'Chaos'}: seed ${seed}, ${(lengthMs / 60_000).toFixed(1)} min`;
  const verdict = breaches.length === 0 ? 'every promise was kept' : `${breaches.length} promises were broken`;
  return [
    `${title}, ${sessions} sessions at a time, ${viewersEach} viewers each: ${verdict}`,
    '',
    ...faultLines(result),
    `checked     ${checked.runs} runs, ${checked.finals} finals with ${checked.words} words, ${checked.gaps} gaps; ` +
      `${checked.records} records of ${checked.viewers} viewers, ${checked.superseded} of which a later run came before the end`,
    ...memoryLines(result),
    leftoversLine(result),
    ...breachLines(result),
  ].join('\n');
}

function faultLines({ counts, kinds, options }: ChaosResult): string[] {
  if (options.isSoak) return [];
  const rows = [...counts].map(([kind, { injected, without, measured, worstMs }]) => {
    const { promise = '', boundMs } = kinds.get(kind) ?? {};
    const bound = boundMs === undefined ? '' : `${Math.round(boundMs)}`;
    return [kind, String(injected), String(without), measured === 0 ? '' : String(Math.round(worstMs)), bound, promise];
  });
  const head = [
    'fault',
    'times',
    'no target',
    'worst ms',
    'bound ms',
    'promise, besides nothing lost, doubled or left',
  ];
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, `(a busy machine is allowed ${ALLOWANCE_MS} ms on top of each bound)`, ''];
}

function memoryLines({ memory }: ChaosResult): string[] {
  const { heap, code, rss, minutes } = memory;
  const line = (name: string, { slope, lastMb }: Trend): string => {
    const start = `${name.padEnd(10)}  ${lastMb.toFixed(1)} MB; `;
    if (slope === undefined) return `${start}${minutes.toFixed(1)} min are too little for a slope`;
    const { perHour, perHourError, grown } = slope;
    return `${start}${perHour.toFixed(1)} ± ${perHourError.toFixed(1)} MB/h, ${grown.toFixed(2)} MB in ${minutes.toFixed(1)} min`;
  };
  return [line('heap', heap), line('code', code), line('RSS', rss)];
}

function leftoversLine({ leftovers }: ChaosResult): string {
  if (leftovers === undefined) return 'leftovers   the server was gone before the end';
  const { gauges, children, files, drain } = leftovers;
  const left = [...gauges, ...children, ...files];
  const ended = `SIGTERM: exit code ${drain.code} after ${Math.round(drain.tookMs)} ms`;
  return `leftovers   ${left.length === 0 ? 'none: gauges 0, no child, no socket' : left.join(', ')}; ${ended}`;
}

function breachLines({ breaches, begun, options }: ChaosResult): string[] {
  if (breaches.length === 0) return [];
  const { seed, lengthMs, isSoak, sessions, viewersEach } = options;
  const again =
    `npm run ${isSoak ? 'soak' : 'chaos'} -- --seed ${seed} --minutes ${lengthMs / 60_000} ` +
    `--sessions ${sessions} --viewers ${viewersEach}`;
  const seconds = (atMs: number): string => `${(atMs / 1_000).toFixed(1)} s`.padStart(9);
  const schedule = begun.map(({ atMs, kind, durationMs, target, size }) => {
    return `${seconds(atMs)}  ${kind} ${durationMs} ms, target ${target.toFixed(3)}, size ${size.toFixed(3)}`;
  });
  const last = Math.max(...breaches.map(({ atMs }) => atMs));
  const before = schedule.slice(0, begun.findLastIndex(({ atMs }) => atMs <= last) + 1);
  return [
    ...['', `broken promises; again: ${again}`],
    ...breaches.slice(0, SHOWN_MAX).map(({ atMs, where, what }) => `${seconds(atMs)}  ${where}: ${what}`),
    ...['', 'what was done until then:'],
    ...before,
  ];
}
