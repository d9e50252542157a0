/** Sound that the cloud engine may be sent in a day, over all sessions: what it costs has a bound. */
import type { CloudBudget } from '../../actors/gladia/budget.ts';
import type { OnLimit } from '../../actors/limit-names.ts';
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../../actors/ports.ts';
import { DayUse } from './day-use.ts';

const MINUTE_MS = 60_000;
const BYTES_PER_MS = (SAMPLE_RATE_HZ * BYTES_PER_SAMPLE) / 1_000;

export interface CloudBudgetOptions {
  /** `GLADIA_MINUTES_PER_DAY`. */
  minutesPerDay: number;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  onLimit: OnLimit;
}

export function createCloudBudget({ minutesPerDay, nowMs, onLimit }: CloudBudgetOptions): CloudBudget {
  const use = new DayUse(nowMs);
  return {
    get isSpent() {
      return use.usedMs >= minutesPerDay * MINUTE_MS;
    },
    sent: (bytes) => use.add(bytes / BYTES_PER_MS),
    refused: () => onLimit('gladia_minutes'),
  };
}
