/** Promises that were broken, with when and where. */

export interface Breach {
  atMs: number;
  where: string;
  what: string;
}

/** More of them tell nothing new. */
const BREACHES_MAX = 200;

export class Oracle {
  readonly breaches: Breach[] = [];
  /** What has been checked, by kind. */
  readonly checked = { runs: 0, finals: 0, gaps: 0, viewers: 0, records: 0, words: 0, superseded: 0 };
  readonly #startMs = performance.now();
  readonly #onBreach: (breach: Breach) => void;

  constructor(onBreach: (breach: Breach) => void) {
    this.#onBreach = onBreach;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  breach(where: string, what: string): void {
    const breach = { atMs: Math.round(this.elapsedMs), where, what };
    if (this.breaches.length >= BREACHES_MAX) return;
    this.breaches.push(breach);
    this.#onBreach(breach);
  }
}
