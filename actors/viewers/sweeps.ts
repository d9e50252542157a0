/** One timer for everything that looks at viewers from time to time, of all sessions that look as often. */

interface Sweep {
  turns: Set<() => void>;
  timer: NodeJS.Timeout;
}

/** By the time between two turns. */
const sweeps = new Map<number, Sweep>();

/** Calls `turn` every `everyMs` until the returned function is called. */
export function sweepInTurns(turn: () => void, everyMs: number): () => void {
  const sweep = sweeps.get(everyMs) ?? begin(everyMs);
  sweep.turns.add(turn);
  return () => {
    sweep.turns.delete(turn);
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
