/**
 * The port of the session log: where the records of sessions are kept, and what its callers may rely on.
 *
 * An adapter is the embedded SQLite (`sqlite.ts`) or memory (`memory.ts`); one for a store that several nodes share fits
 * behind the same names. `test/actors/log/conformance.ts` is the contract in full, run unchanged against each.
 *
 * Records of a run have the offsets 1, 2, 3 … without holes. A record never changes.
 */

/** What is known of a run when it starts. */
export interface RunStart {
  slug: string;
  /** ISO 8601 UTC. */
  startedAt: string;
  /** Name of the engine. */
  transcriber: string;
}

/** A run of a session as the log has it. */
export interface LoggedRun extends RunStart {
  /** Greater than that of every earlier run. */
  epoch: number;
  /** ISO 8601 UTC; missing while the run goes on. */
  endedAt?: string;
  /** Offset of the newest durable record; 0 before the first. */
  lastOffset: number;
  /** Body of that record. */
  lastBody?: string;
}

/** One record: `body` is the message of the viewers' protocol (`captiond.v2`), as JSON. */
export interface LoggedRecord {
  offset: number;
  body: string;
}

/** Why the log did not do something. */
export type LogFault =
  /** Another process has the log, or the name has a run that goes on. */
  | 'busy'
  /** There is no room for it now. */
  | 'full'
  /** The store does not answer, or answers with a fault of its own. */
  | 'unavailable'
  /** A record that does not follow the last one, or differs from the one that has its offset. */
  | 'out_of_order';

export class LogError extends Error {
  readonly fault: LogFault;

  constructor(fault: LogFault, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'LogError';
    this.fault = fault;
  }
}

/** The only writer of a run. */
export interface RunWriter {
  readonly run: Readonly<RunStart & { epoch: number }>;
  /** Only when so: nothing of this run is kept. */
  readonly isUnlogged?: true;
  /**
   * Resolves when the record is durable; records become durable in the order of the calls. Repeating a record is no
   * error and leaves one. While the log has no room or does not answer the call waits, within the log's own bound.
   *
   * @throws LogError `full` or `unavailable` when more waits than the bound allows, `out_of_order`.
   */
  append(record: LoggedRecord): Promise<void>;
  /** The run is over; resolves when that is durable. The name is free from the call on. */
  end(endedAt: string): Promise<void>;
}

/** Does the log take records durably? */
export interface LogHealth {
  ok: boolean;
  /** In words, when it does not. */
  reason?: string;
}

/** The right to do something that only one may do at a time, over all processes that share the log. */
export interface Lease {
  /** Fencing token: greater than that of every earlier lease of the key, also after a restart. */
  readonly token: number;
  /** Aborts when the lease is over, before anybody else can have it. */
  readonly signal: AbortSignal;
  /** Gives it back; the next may have it once this has resolved. Idempotent. */
  dispose(): Promise<void>;
}

export interface SessionLog {
  /**
   * Begins a run and takes its epoch; durable before it resolves.
   *
   * @throws LogError `busy` when a run of this name goes on; `full`, `unavailable`.
   */
  claim(start: RunStart): Promise<RunWriter>;
  /** The runs that an earlier process has left without an end, and the writers to end them with. */
  unfinished(): Promise<{ run: LoggedRun; writer: RunWriter }[]>;
  /** Every run that is kept, oldest first. */
  runs(): Promise<LoggedRun[]>;
  /** Up to `limit` records after `after`, in order; nothing for a run that is not there. Sees every durable record. */
  read(run: { slug: string; epoch: number }, after: number, limit: number): Promise<LoggedRecord[]>;
  /** Removes the runs that ended before this time (ISO 8601 UTC); resolves with their number. */
  forget(endedBefore: string): Promise<number>;
  /**
   * The lease of `key`, or undefined while somebody has it. The log keeps it up by itself; when it cannot for `ttlMs`
   * (monotonic), or the process is gone, the lease is over.
   *
   * @throws LogError `full`, `unavailable`: who has the lease is not known then, and nobody must act as if it were free.
   */
  lease(key: string, ttlMs: number): Promise<Lease | undefined>;
  readonly health: LogHealth;
  /** Calls `listener` whenever `health.ok` changes; returns the unsubscriber. */
  onHealth(listener: (health: LogHealth) => void): () => void;
  /** Waits, for a bounded time, until what was given is durable, and lets go of the store. Idempotent. */
  close(): Promise<void>;
}
