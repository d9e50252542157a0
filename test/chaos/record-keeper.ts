/** What a viewer was told, and an oracle: whatever record is not the next one is a fault. */

/** What the tests look at of a v2 message. */
export interface Told {
  type: string;
  epoch?: number;
  offset?: number;
  resumed?: boolean;
  state?: string;
  durable?: false;
  startMs?: number;
  endMs?: number;
  cause?: string;
  /** Of an end. */
  reason?: string;
  words?: { text: string; startMs: number; endMs: number }[];
  ledger?: { receivedMs: number; transcribedMs: number; gapMs: number };
}

const records = new Set(['transcript_final', 'gap', 'session_end']);

export class RecordKeeper {
  readonly epoch: number;
  /** Newest record. */
  offset = 0;
  readonly records: Told[] = [];
  readonly faults: string[] = [];
  /** Times that it was attached. */
  attaches = 0;
  state: string | undefined;
  /** Is what is told durable, as far as is told? */
  isDurable = true;
  /** Has a later run of the name taken its place? By protocol the rest of this one is then only in its transcript. */
  isSuperseded = false;
  /** Resolves with `session_end`, or when it is superseded. */
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #listeners = new Set<() => void>();

  constructor(epoch: number) {
    this.epoch = epoch;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get isEnded(): boolean {
    return this.isSuperseded || this.records.at(-1)?.type === 'session_end';
  }

  /** For the next connection. */
  get cursor(): string {
    return `${this.epoch}:${this.offset}`;
  }

  take(told: Told): void {
    if (this.isSuperseded) return;
    if (told.type === 'session') this.#attached(told);
    else if (told.type === 'session_state') this.#stateOf(told);
    else if (records.has(told.type)) this.#record(told);
    for (const look of this.#listeners) look();
  }

  /** Resolves when it holds, looked at after each message; never rejects. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  #attached(told: Told): void {
    this.attaches += 1;
    if ((told.epoch ?? 0) > this.epoch && told.resumed === false) return this.#supersede();
    if (told.epoch !== this.epoch) this.faults.push(`attached to run ${told.epoch}, not ${this.epoch}`);
    else if (told.resumed !== true) this.faults.push(`not resumed at ${this.offset}`);
    this.#stateOf(told);
  }

  #supersede(): void {
    this.isSuperseded = true;
    this.#end();
  }

  #stateOf({ state, durable }: Told): void {
    this.state = state;
    this.isDurable = durable !== false;
  }

  #record(told: Told): void {
    if (this.isEnded) this.faults.push(`${told.type} ${told.offset} after the end`);
    else if (told.offset !== this.offset + 1) this.faults.push(`${told.offset} after ${this.offset}`);
    this.offset = told.offset ?? this.offset;
    this.records.push(told);
    if (told.type === 'session_end') this.#end();
  }
}
