/** Does what the schedule says at its times, and counts. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultKind } from './fault-kind.ts';
import type { PlannedFault } from './schedule.ts';
import type { World } from './world.ts';

/** What a machine that is busy with ffmpegs, viewers and this test adds to a promised time. */
export const ALLOWANCE_MS = 1_500;

export interface FaultCount {
  injected: number;
  /** Times that there was nothing to do it to. */
  without: number;
  measured: number;
  worstMs: number;
}

export class FaultRun {
  readonly counts: Map<string, FaultCount>;
  /** Those that have begun, in order. */
  readonly begun: PlannedFault[] = [];
  readonly #world: World;
  readonly #kinds: ReadonlyMap<string, FaultKind>;
  readonly #going = new Set<Promise<void>>();

  constructor(world: World, kinds: ReadonlyMap<string, FaultKind>) {
    this.#world = world;
    this.#kinds = kinds;
    const none = (): FaultCount => ({ injected: 0, without: 0, measured: 0, worstMs: 0 });
    this.counts = new Map([...kinds.keys()].map((kind) => [kind, none()]));
  }

  /** Resolves at the end of the time, when every fault is over. */
  async play(schedule: readonly PlannedFault[], lengthMs: number): Promise<void> {
    const startMs = performance.now();
    const until = (atMs: number): Promise<void> => pause(Math.max(0, startMs + atMs - performance.now()));
    for (const fault of schedule) {
      await until(fault.atMs);
      if (!this.#world.server.isRunning && !this.#isKilling) {
        this.#world.oracle.breach('the server', 'it has ended by itself');
        break;
      }
      this.begun.push(fault);
      const done = this.#inject(fault).catch((error: unknown) => {
        this.#world.oracle.breach(fault.kind, `the fault itself failed: ${String(error)}`);
      });
      this.#going.add(done);
      void done.finally(() => this.#going.delete(done));
    }
    if (this.#world.server.isRunning) await until(lengthMs);
    await Promise.all(this.#going);
  }

  /** Is the server down because it was killed? */
  get #isKilling(): boolean {
    return this.begun.some(({ kind, atMs }) => kind === 'server_kill' && this.#world.oracle.elapsedMs - atMs < 60_000);
  }

  async #inject(fault: PlannedFault): Promise<void> {
    const kind = this.#kinds.get(fault.kind);
    const count = this.counts.get(fault.kind);
    if (kind === undefined || count === undefined) return;
    const { server } = this.#world;
    const awayBeforeMs = server.awayMs;
    const took = await kind.inject(this.#world, fault);
    // While it is stopped the server recovers from nothing.
    const isHeldUp = typeof took === 'number' && kind.isOfServer !== true;
    const outcome = isHeldUp ? Math.max(0, took - server.awayMs + awayBeforeMs) : took;
    if (outcome === 'no target') count.without += 1;
    else count.injected += 1;
    if (typeof outcome !== 'number') return;
    count.measured += 1;
    count.worstMs = Math.max(count.worstMs, outcome);
    if (outcome <= (kind.boundMs ?? Infinity) + ALLOWANCE_MS) return;
    const what = `took ${Math.round(outcome)} ms; the promise is ${kind.boundMs} ms`;
    this.#world.oracle.breach(`${fault.kind} at ${fault.atMs} ms`, what);
  }
}
