/**
 * What happens when: drawn from the seed alone, before anything happens, so that a failure comes again. A shorter run is
 * the beginning of a longer one.
 */
import { seededRandom } from '../support/seeded-random.ts';

export interface PlannedFault {
  atMs: number;
  kind: string;
  /** Which of those that could be meant: from 0 to 1. */
  target: number;
  durationMs: number;
  /** How much, where that is a question: from 0 to 1. */
  size: number;
}

/** What the schedule has to know of a kind. */
export interface PlanRules {
  /** Shortest and longest time that it lasts; 0: it is a moment. */
  lastsMs: readonly [number, number];
  /** Not more than so many within a minute, by the promise; those of one `limit` name count together. */
  perMinute?: { limit: string; count: number };
  /** Only until then; for what would spoil what is measured later. */
  untilMs?: number;
}

const MINUTE_MS = 60_000;
/** Before the first fault: every run has begun. */
const CALM_MS = 3_000;
/** Between two faults. */
const SPACING_MS = [250, 1_500] as const;

/** Every kind comes once before any comes again. */
export function scheduleOf(seed: number, lengthMs: number, kinds: ReadonlyMap<string, PlanRules>): PlannedFault[] {
  const random = seededRandom(seed);
  const between = ([least, most]: readonly [number, number]): number => least + random() * (most - least);
  const schedule: PlannedFault[] = [];
  let deck: string[] = [];
  for (let atMs = CALM_MS; atMs < lengthMs; atMs += between(SPACING_MS)) {
    if (deck.length === 0) deck = shuffled([...kinds.keys()], random);
    const kind = deck.pop() ?? '';
    const rules = kinds.get(kind);
    if (rules === undefined) continue;
    const fault = { target: random(), durationMs: Math.round(between(rules.lastsMs)), size: random() };
    if (isAllowed(kind, atMs, { schedule, kinds })) schedule.push({ atMs: Math.round(atMs), kind, ...fault });
  }
  return schedule;
}

interface Plan {
  schedule: readonly PlannedFault[];
  kinds: ReadonlyMap<string, PlanRules>;
}

function isAllowed(kind: string, atMs: number, { schedule, kinds }: Plan): boolean {
  const { perMinute, untilMs = Infinity } = kinds.get(kind) ?? {};
  if (atMs > untilMs) return false;
  if (perMinute === undefined) return true;
  const isSame = (fault: PlannedFault): boolean => kinds.get(fault.kind)?.perMinute?.limit === perMinute.limit;
  return schedule.filter((fault) => isSame(fault) && atMs - fault.atMs < MINUTE_MS).length < perMinute.count;
}

function shuffled(kinds: string[], random: () => number): string[] {
  return kinds
    .map((kind) => ({ kind, order: random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ kind }) => kind);
}
