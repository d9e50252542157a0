/** The records of a run as its viewers read them: the newest from memory, older ones from the log. */
import type { LoggedRecord, LogHealth, RunWriter, SessionLog } from '../log/port.ts';
import type { Log } from '../ports.ts';
import { callInto } from '../call-into.ts';
import { Encoded } from '../wire/encoded.ts';
import type { RunName } from '../wire/encoded.ts';
import type { RecordMessage } from '../wire/messages.ts';
import { History } from './history.ts';

export interface Records {
  /** Newest offset that may be shown; 0 before the first. */
  readonly lastOffset: number;
  /** Has everything been shown that was recorded? */
  readonly isSettled: boolean;
  /** Resolves when it has. */
  settled(): Promise<void>;
  /** A record up to `lastOffset`; undefined when it has to be loaded first. */
  read(offset: number): Encoded | undefined;
  /** Makes `read` find this record. Rejects when the log cannot be read. */
  load(offset: number): Promise<void>;
  /** Bytes, as JSON, of the records after this one, as far as they are in memory. */
  bytesAfter(offset: number): number;
}

/** Records of a live run that stay in memory once they are durable. */
export const TAIL_RECORDS = 1_024;
/** Policy when the log takes nothing for so long that more than this wait: the oldest are let go, and said to be lost. */
const UNWRITTEN_RECORDS_MAX = 50_000;

export interface LiveRecordsOptions {
  writer: RunWriter;
  log: Pick<SessionLog, 'read' | 'health' | 'onHealth'>;
  /** More can be shown. */
  onShown: () => void;
  /** Records are shown although they are not durable, or no longer. */
  onDurability: (isDurable: boolean) => void;
  /** For the operator. */
  lines: Log;
}

/** Of a run that goes on: what is recorded is shown when it is durable, or at once while the log takes nothing. */
export class LiveRecords implements Records {
  readonly #options: LiveRecordsOptions;
  readonly #run: RunName;
  readonly #history: History;
  readonly #stopListening: () => void;
  /** The newest records, and where each ends in the bytes of all. */
  #tail: { record: Encoded; endBytes: number }[] = [];
  #before = 0;
  #durable = 0;
  #shown = 0;
  #lost = 0;
  #isClosed = false;
  readonly #onSettled = new Set<() => void>();
  readonly #followers = new Set<() => void>();

  constructor(options: LiveRecordsOptions) {
    this.#options = options;
    this.#run = options.writer.run;
    this.#history = new History(options.log, this.#run);
    const call = callInto();
    this.#stopListening = options.log.onHealth((health) => call(() => this.#became(health)));
  }

  #became({ ok, reason }: LogHealth): void {
    const { lines, onDurability } = this.#options;
    if (ok) lines.info('records are durable again');
    else lines.error('records are shown before they are durable', { reason });
    onDurability(ok);
    this.#show();
  }

  get #recorded(): number {
    return this.#before + this.#tail.length;
  }

  get lastOffset(): number {
    return this.#shown;
  }

  get isSettled(): boolean {
    return this.#shown === this.#recorded;
  }

  /** Adds the record with the next offset. */
  append(message: RecordMessage): void {
    const record = new Encoded(message, this.#run);
    const endBytes = (this.#tail.at(-1)?.endBytes ?? 0) + record.json.length;
    this.#tail.push({ record, endBytes });
    const logged: LoggedRecord = { offset: message.offset, body: record.json };
    this.#options.writer.append(logged).then(
      () => this.#written(message.offset),
      (error: unknown) => this.#failed(message.offset, error),
    );
    if (!this.#options.log.health.ok) this.#show();
  }

  read(offset: number): Encoded | undefined {
    return offset > this.#before ? this.#tail[offset - this.#before - 1]?.record : this.#history.read(offset);
  }

  load(offset: number): Promise<void> {
    return this.#history.load(offset);
  }

  bytesAfter(offset: number): number {
    const shown = this.#tail[this.#shown - this.#before - 1]?.endBytes ?? 0;
    const from = this.#tail[Math.max(0, offset - this.#before) - 1]?.endBytes ?? this.#startBytes;
    return Math.max(0, shown - from);
  }

  settled(): Promise<void> {
    if (this.isSettled) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.add(resolve));
  }

  /** Calls `listener` whenever `lastOffset` has grown; it must not throw. Returns the unsubscriber. */
  follow(listener: () => void): () => void {
    this.#followers.add(listener);
    return () => void this.#followers.delete(listener);
  }

  /** The run is over: nothing is appended any more. How the log is matters until all has been shown. */
  close(): void {
    this.#isClosed = true;
    this.#settle();
  }

  #settle(): void {
    if (!this.isSettled) return;
    if (this.#isClosed) this.#stopListening();
    for (const resolve of this.#onSettled) resolve();
    this.#onSettled.clear();
  }

  get #startBytes(): number {
    const [oldest] = this.#tail;
    return oldest === undefined ? 0 : oldest.endBytes - oldest.record.json.length;
  }

  #written(offset: number): void {
    this.#durable = Math.max(this.#durable, offset);
    this.#show();
  }

  #failed(offset: number, error: unknown): void {
    if (this.#lost === 0 && this.#options.writer.isUnlogged !== true) {
      this.#options.lines.error('a record is not in the log and never will be', { offset, error });
    }
    this.#lost += 1;
    this.#written(offset);
  }

  #show(): void {
    const shown = this.#options.log.health.ok ? this.#durable : this.#recorded;
    if (shown <= this.#shown) return this.#trim();
    this.#shown = shown;
    this.#trim();
    this.#options.onShown();
    this.#settle();
    for (const listener of this.#followers) listener();
  }

  #trim(): void {
    const kept = Math.min(this.#shown, Math.max(this.#durable, this.#recorded - UNWRITTEN_RECORDS_MAX)) - TAIL_RECORDS;
    // In steps, so that the array is not moved for each record.
    if (kept - this.#before < TAIL_RECORDS) return;
    this.#tail = this.#tail.slice(kept - this.#before);
    this.#before = kept;
  }
}

/** Of a run that is over. */
export class PastRecords implements Records {
  readonly lastOffset: number;
  readonly isSettled = true;
  readonly #history: History;

  constructor(log: Pick<SessionLog, 'read'>, run: RunName & { lastOffset: number }) {
    this.lastOffset = run.lastOffset;
    this.#history = new History(log, run);
  }

  read(offset: number): Encoded | undefined {
    return this.#history.read(offset);
  }

  load(offset: number): Promise<void> {
    return this.#history.load(offset);
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  bytesAfter(): number {
    return 0;
  }
}
