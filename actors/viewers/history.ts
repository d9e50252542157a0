/** Older records of a run, read from the log in pages that all its viewers share. */
import { LogError } from '../log/port.ts';
import type { SessionLog } from '../log/port.ts';
import { Encoded } from '../wire/encoded.ts';
import type { RunName } from '../wire/encoded.ts';

/** Records of a page. */
export const PAGE_RECORDS = 256;
/** Pages of a run in memory; the one that was used longest ago goes first. */
const PAGES_MAX = 16;

export class History {
  readonly #log: Pick<SessionLog, 'read'>;
  readonly #run: RunName;
  /** By number, the one used longest ago first. */
  readonly #pages = new Map<number, readonly Encoded[]>();
  readonly #loading = new Map<number, Promise<void>>();

  constructor(log: Pick<SessionLog, 'read'>, run: RunName) {
    this.#log = log;
    this.#run = run;
  }

  /** Undefined when its page has to be loaded. */
  read(offset: number): Encoded | undefined {
    return this.#pages.get(pageOf(offset))?.[(offset - 1) % PAGE_RECORDS];
  }

  /**
   * Brings the page of `offset` into memory; however many ask for it, it is read once.
   *
   * @throws LogError `unavailable` when the log cannot be read, or does not have this record.
   */
  async load(offset: number): Promise<void> {
    const number = pageOf(offset);
    const page = this.#pages.get(number);
    if (page !== undefined) this.#pages.delete(number);
    if (page !== undefined) this.#pages.set(number, page);
    if (this.read(offset) !== undefined) return;
    const loading = this.#loading.get(number) ?? this.#fetch(number);
    this.#loading.set(number, loading);
    try {
      await loading;
    } finally {
      this.#loading.delete(number);
    }
    if (this.read(offset) === undefined) throw new LogError('unavailable', `The log has no record ${offset}.`);
  }

  async #fetch(number: number): Promise<void> {
    const records = await this.#log.read(this.#run, number * PAGE_RECORDS, PAGE_RECORDS);
    this.#pages.delete(number);
    this.#pages.set(
      number,
      records.map(({ body }) => Encoded.logged(body, this.#run)),
    );
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES_MAX && oldest !== undefined) this.#pages.delete(oldest);
  }
}

function pageOf(offset: number): number {
  return Math.floor((offset - 1) / PAGE_RECORDS);
}
