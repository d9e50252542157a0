/** The events of one run that have not been delivered: read from its records one at a time, none of them kept. */
import type { Records } from '../../actors/viewers/records.ts';
import type { RecordMessage } from '../../actors/wire/messages.ts';
import { recordEvent, startEvent } from './event.ts';
import type { HookEvent, HookEventName, HookRun } from './event.ts';

export type OutboxRecords = Pick<Records, 'lastOffset' | 'read' | 'load'>;

export interface OutboxOptions {
  run: HookRun;
  records: OutboxRecords;
  /** Do records still come? */
  isLive: boolean;
  /** Offset of the newest event that is through; -1 before the first. */
  position: number;
  /** WEBHOOK_EVENTS. */
  wanted: ReadonlySet<HookEventName>;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** The position has grown. */
  onAdvance: (offset: number) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly run: HookRun;
  #records: OutboxRecords;
  #isLive: boolean;
  #position: number;
  #behindSinceMs: number | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.run = options.run;
    this.#records = options.records;
    this.#isLive = options.isLive;
    this.#position = options.position;
    this.noteRecords();
  }

  /** No records will come, and those that there are stand in the log: they are read from there. */
  end(records: OutboxRecords): void {
    this.#records = records;
    this.#isLive = false;
  }

  /** Do records still come? */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** How long there has been something to deliver without a break; 0 while there is nothing. */
  get waitingMs(): number {
    return this.#behindSinceMs === undefined ? 0 : this.#options.nowMs() - this.#behindSinceMs;
  }

  /** More may have to be delivered. */
  noteRecords(): void {
    if (this.#position < this.#records.lastOffset) this.#behindSinceMs ??= this.#options.nowMs();
  }

  /**
   * The oldest event that is not through, `nothing` when there is none yet, or `emptied` when there will be none.
   *
   * @throws LogError when its record cannot be read
   */
  async oldest(): Promise<HookEvent | 'nothing' | 'emptied'> {
    while (this.#position < this.#records.lastOffset) {
      const offset = this.#position + 1;
      const event = await this.#eventAt(offset);
      if (event !== undefined && this.#options.wanted.has(event.name)) return event;
      // Somebody else may have looked meanwhile.
      this.pass(offset);
    }
    this.#behindSinceMs = undefined;
    return this.#isLive ? 'nothing' : 'emptied';
  }

  /** The event at `offset` is delivered or dropped. */
  pass(offset: number): void {
    if (offset === this.#position + 1) this.#advance(offset);
  }

  /** Gives up all that is left; returns how many records that are. */
  clear(): number {
    const left = this.#records.lastOffset - this.#position;
    if (left > 0) this.#advance(this.#records.lastOffset);
    return left;
  }

  #advance(offset: number): void {
    this.#position = offset;
    this.#options.onAdvance(offset);
  }

  async #eventAt(offset: number): Promise<HookEvent | undefined> {
    if (offset === 0) return startEvent(this.run);
    if (this.#records.read(offset) === undefined) await this.#records.load(offset);
    const message = this.#records.read(offset)?.message;
    return message === undefined ? undefined : recordEvent(this.run, message as RecordMessage);
  }
}
