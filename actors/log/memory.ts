/** The session log in memory, gone with the process: for benches and tests. */
import { Leases } from './leases.ts';
import { LogError } from './port.ts';
import type { Lease, LoggedRecord, LoggedRun, LogHealth, RunStart, RunWriter, SessionLog } from './port.ts';

interface MemoryRun extends LoggedRun {
  records: LoggedRecord[];
}

export class MemoryLog implements SessionLog {
  #runs: MemoryRun[] = [];
  readonly health: LogHealth = { ok: true };
  readonly #nowMs: () => number;
  #token = 0;
  readonly #leases = new Leases({
    nowMs: () => performance.now(),
    nextToken: () => {
      this.#token += 1;
      return Promise.resolve(this.#token);
    },
  });

  /** @param nowMs Wall clock in milliseconds since 1970. */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  claim(start: RunStart): Promise<RunWriter> {
    if (this.#runs.some(({ slug, endedAt }) => slug === start.slug && endedAt === undefined)) {
      return Promise.reject(new LogError('busy', `A run of ${start.slug} goes on.`));
    }
    const newest = Math.max(0, ...this.#runs.map(({ epoch }) => epoch));
    const run: MemoryRun = { ...start, epoch: Math.max(this.#nowMs(), newest + 1), lastOffset: 0, records: [] };
    this.#runs.push(run);
    return Promise.resolve({
      run: { ...start, epoch: run.epoch },
      append: (record) => append(run, record),
      end: (endedAt) => {
        run.endedAt ??= endedAt;
        return Promise.resolve();
      },
    });
  }

  /** Nothing outlives the process. */
  unfinished(): Promise<[]> {
    return Promise.resolve([]);
  }

  runs(): Promise<LoggedRun[]> {
    return Promise.resolve(
      this.#runs.map(({ records, ...run }) => {
        const lastBody = records.at(-1)?.body;
        return lastBody === undefined ? run : { ...run, lastBody };
      }),
    );
  }

  read({ slug, epoch }: { slug: string; epoch: number }, after: number, limit: number): Promise<LoggedRecord[]> {
    const run = this.#runs.find((known) => known.slug === slug && known.epoch === epoch);
    return Promise.resolve(run?.records.slice(after, after + limit) ?? []);
  }

  forget(endedBefore: string): Promise<number> {
    const kept = this.#runs.filter(({ endedAt }) => endedAt === undefined || endedAt >= endedBefore);
    const forgotten = this.#runs.length - kept.length;
    this.#runs = kept;
    return Promise.resolve(forgotten);
  }

  lease(key: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#leases.take(key, ttlMs);
  }

  onHealth(): () => void {
    return () => {};
  }

  close(): Promise<void> {
    this.#leases.close();
    return Promise.resolve();
  }
}

function append(run: MemoryRun, { offset, body }: LoggedRecord): Promise<void> {
  const isNext = offset === run.lastOffset + 1;
  if (!isNext && run.records[offset - 1]?.body !== body) {
    return Promise.reject(new LogError('out_of_order', `Record ${offset} does not follow ${run.lastOffset}.`));
  }
  if (isNext) {
    run.records.push({ offset, body });
    run.lastOffset = offset;
  }
  return Promise.resolve();
}
