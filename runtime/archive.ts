/** The runs that are over and still readable: an index in memory, their records in the session log. */
import type { LoggedRun, RunStart, RunWriter, SessionLog } from '../actors/log/port.ts';
import type { LedgerTotals } from '../actors/ports.ts';
import { PastRecords } from '../actors/viewers/records.ts';
import type { Records } from '../actors/viewers/records.ts';
import type { RecordMessage } from '../actors/wire/messages.ts';

/** Runs in the index; the oldest are no longer found by name when there are more. */
export const PAST_RUNS_MAX = 10_000;
/** Between two removals of what is older than the retention. */
const RETENTION_CHECK_MS = 60_000;

/** A run that is over. */
export interface PastRun extends RunStart {
  epoch: number;
  endedAt: string;
  lastOffset: number;
  ledger: LedgerTotals;
}

export interface ArchiveOptions {
  log: SessionLog;
  /** `RETENTION_HOURS`, in milliseconds. */
  retentionMs: number;
  /** Wall clock in milliseconds since 1970. */
  todayMs: () => number;
  /** The log could not remove what is too old; it is tried again. */
  onFault: (error: unknown) => void;
}

export class Archive {
  readonly #options: ArchiveOptions;
  /** Oldest end first. */
  #runs: PastRun[] = [];
  readonly #records = new WeakMap<PastRun, WeakRef<Records>>();
  readonly #timer: NodeJS.Timeout;

  private constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.forget(), RETENTION_CHECK_MS);
    this.#timer.unref();
  }

  /** Ends the runs that an earlier process has left, and indexes all that is kept. */
  static async open(options: ArchiveOptions): Promise<Archive> {
    const archive = new Archive(options);
    const { log, todayMs } = options;
    for (const { run, writer } of await log.unfinished()) {
      await endLost(log, run, writer, new Date(todayMs()).toISOString());
    }
    const past = (await log.runs()).flatMap((run) => pastRun(run) ?? []);
    for (const run of past.toSorted((one, other) => one.endedAt.localeCompare(other.endedAt))) archive.add(run);
    await archive.forget();
    return archive;
  }

  /** A run has ended. */
  add(run: PastRun): void {
    this.#runs.push(run);
    if (this.#runs.length > PAST_RUNS_MAX) this.#runs.shift();
  }

  /** The newest run of every name, oldest first. */
  list(): PastRun[] {
    return [...new Map(this.#kept().map((run) => [run.slug, run])).values()];
  }

  /** The run of this epoch, or the newest of the name. */
  find(slug: string, epoch?: number): PastRun | undefined {
    return this.#kept().findLast((run) => run.slug === slug && (epoch === undefined || run.epoch === epoch));
  }

  /** Its records; whoever reads them at the same time shares what was loaded. */
  records(run: PastRun): Records {
    const known = this.#records.get(run)?.deref();
    if (known !== undefined) return known;
    const made = new PastRecords(this.#options.log, run);
    this.#records.set(run, new WeakRef(made));
    return made;
  }

  /** Removes what ended longer ago than the retention. Never rejects. */
  async forget(): Promise<void> {
    this.#runs = this.#kept();
    try {
      await this.#options.log.forget(this.#oldestEnd());
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #kept(): PastRun[] {
    const oldest = this.#oldestEnd();
    return this.#runs.filter(({ endedAt }) => endedAt > oldest);
  }

  #oldestEnd(): string {
    const { retentionMs, todayMs } = this.#options;
    return new Date(todayMs() - retentionMs).toISOString();
  }
}

function pastRun({ lastBody, ...run }: LoggedRun): PastRun | undefined {
  const { endedAt } = run;
  if (endedAt === undefined) return undefined;
  const end = lastBody === undefined ? undefined : (JSON.parse(lastBody) as RecordMessage);
  const ledger = end?.type === 'session_end' ? end.ledger : { receivedMs: 0, transcribedMs: 0, gapMs: 0 };
  return { ...run, endedAt, ledger: { ...ledger, unackedMs: 0 } };
}

/**
 * Ends a run whose server is gone. Its ledger is what its records say: audio up to the end of the last words or gap;
 * what was received after them went with the server.
 */
async function endLost(log: SessionLog, run: LoggedRun, writer: RunWriter, endedAt: string): Promise<void> {
  const { lastBody, lastOffset } = run;
  const last = lastBody === undefined ? undefined : (JSON.parse(lastBody) as RecordMessage);
  if (last?.type !== 'session_end') {
    const offset = lastOffset + 1;
    const end: RecordMessage = { type: 'session_end', offset, reason: 'server_lost', ledger: await ledgerOf(log, run) };
    await writer.append({ offset, body: JSON.stringify(end) });
  }
  await writer.end(endedAt);
}

async function ledgerOf(log: SessionLog, run: LoggedRun) {
  const PAGE = 1_000;
  let receivedMs = 0;
  let gapMs = 0;
  for (let after = 0; after < run.lastOffset; after += PAGE) {
    for (const { body } of await log.read(run, after, PAGE)) {
      const record = JSON.parse(body) as RecordMessage;
      if (record.type === 'session_end' || record.type === 'ai_insight') continue;
      receivedMs = Math.max(receivedMs, record.endMs);
      if (record.type === 'gap') gapMs += record.endMs - record.startMs;
    }
  }
  return { receivedMs, transcribedMs: Math.max(0, receivedMs - gapMs), gapMs };
}
