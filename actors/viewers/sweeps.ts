/** One timer for everything that looks at viewers from time to time, of all sessions that look as often. */
import { callInto } from '../call-into.ts';

interface Sweep {
  turns: Set<() => void>;
  timer: NodeJS.Timeout;
}

/** By the time between two turns. */
const sweeps = new Map<number, Sweep>();

/** Calls `turn` every `everyMs` until the returned function is called. */
export function sweepInTurns(turn: () => void, everyMs: number): () => void {
  const sweep = sweeps.get(everyMs) ?? begin(everyMs);
  const call = callInto();
  const guarded = (): void => call(turn);
  sweep.turns.add(guarded);
  return () => {
    sweep.turns.delete(guarded);
    if (sweep.turns.size > 0 || sweeps.get(everyMs) !== sweep) return;
    clearInterval(sweep.timer);
    sweeps.delete(everyMs);
  };
}

function begin(everyMs: number): Sweep {
  const turns = new Set<() => void>();
  const timer = setInterval(() => {
    for (const each of turns) each();
  }, everyMs);
  const sweep = { turns, timer };
  sweeps.set(everyMs, sweep);
  return sweep;
}
