/** What the rounds of a workload say: medians for each server, and the ratios of captiond to the others round by round. */
import { figure, median } from '../report.ts';
import type { Round } from './rounds.ts';
import type { ServerKind } from './server-kind.ts';
import type { Measure, Run, Target, Workload } from './workloads.ts';

export const OURS = 'captiond';
const REFERENCES = ['naive ws', 'Socket.IO'] as const;

/** The table's head for these servers. */
export function head(servers: readonly ServerKind[]): string[] {
  const ratios = REFERENCES.map((name) => `${OURS} / ${name}`);
  return ['', '', ...servers.map(({ name }) => name), ...ratios, 'target'];
}

/** One row for each measure. */
export function rowsOf(workload: Workload, rounds: readonly Round[], servers: readonly ServerKind[]): string[][] {
  return workload.measures.map((measure, index) => {
    const values = servers.map(
      ({ name, missing }) => missing ?? shown(valuesOf(measure, rounds, name), measure.digits),
    );
    const ratios = REFERENCES.map((name) => shown(ratiosOf(measure, rounds, name), 2, true));
    const targets = measure.targets.map((target) => judged(measure, rounds, target));
    return [
      index === 0 ? `${workload.id}: ${workload.title}` : '',
      measure.name,
      ...values,
      ...ratios,
      targets.join('; '),
    ];
  });
}

/** What a reader of the figures has to know of the rounds: failures, doubts, and readers who lack something. */
export function remarks(rounds: readonly Round[]): string[] {
  return rounds.flatMap((round, index) =>
    [...round].flatMap(([name, outcome]) => {
      const where = `round ${index + 1}, ${name}:`;
      if ('failure' in outcome) return [`${where} ${outcome.failure}`];
      const { run, doubt } = outcome;
      const faults = name === OURS ? faultsOf(run) : [];
      return [...(doubt === undefined ? [] : [`void, ${doubt}`]), ...faults].map((remark) => `${where} ${remark}`);
    }),
  );
}

function faultsOf({ missing_finals, doubled_finals, closed_readers }: Run): string[] {
  const faults = {
    'finals are missing': missing_finals,
    'came twice': doubled_finals,
    'readers closed': closed_readers,
  };
  return Object.entries(faults).flatMap(([fault, count]) => (count === 0 ? [] : [`${count} ${fault}`]));
}

/** Void rounds do not count, unless there are no others. */
function runsOf(rounds: readonly Round[], names: readonly string[]): (Run | undefined)[][] {
  const isVoid = (round: Round): boolean =>
    names.some((name) => {
      const outcome = round.get(name);
      return outcome === undefined || 'failure' in outcome || outcome.doubt !== undefined;
    });
  const sound = rounds.filter((round) => !isVoid(round));
  return (sound.length > 0 ? sound : rounds).map((round) =>
    names.map((name) => {
      const outcome = round.get(name);
      return outcome !== undefined && 'run' in outcome ? outcome.run : undefined;
    }),
  );
}

function valuesOf({ value }: Measure, rounds: readonly Round[], name: string): number[] {
  return runsOf(rounds, [name]).flatMap(([run]) => told(run === undefined ? Number.NaN : value(run)));
}

function ratiosOf({ value }: Measure, rounds: readonly Round[], reference: string): number[] {
  return runsOf(rounds, [OURS, reference]).flatMap(([ours, theirs]) => {
    if (ours === undefined || theirs === undefined) return [];
    return told(value(ours) / value(theirs));
  });
}

/** A quantile of nothing is told as -1. */
function told(value: number): number[] {
  return Number.isFinite(value) ? [value] : [];
}

function shown(values: readonly number[], digits: number, hasRange = false): string {
  const middle = figure(median(values), digits);
  if (!hasRange || values.length < 2) return middle;
  return `${middle} (${figure(Math.min(...values), digits)}–${figure(Math.max(...values), digits)})`;
}

function judged(measure: Measure, rounds: readonly Round[], { of, least, most }: Target): string {
  const values = of === undefined ? valuesOf(measure, rounds, OURS) : ratiosOf(measure, rounds, of);
  const bound = least === undefined ? `≤ ${most}` : `≥ ${least}`;
  const target = of === undefined ? bound : `${bound} × ${of}`;
  if (values.length === 0) return `${target}: not measured`;
  const value = median(values);
  const holds = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  return `${target}: ${holds ? 'holds' : 'misses'}`;
}
