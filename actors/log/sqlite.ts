/**
 * The embedded session log: SQLite in a thread of its own, so that the server's loop never waits for the disk.
 *
 * Writes are committed in groups: while one is on its way to the disk the next ones gather. A group that fails is tried
 * again until it is taken; meanwhile `health` says why. Policy when more waits than `WAITING_MAX_BYTES`: refused.
 */
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { Leases } from './leases.ts';
import { LogError } from './port.ts';
import type { Lease, LoggedRecord, LoggedRun, LogHealth, RunStart, RunWriter, SessionLog } from './port.ts';
import type { LogWrite, StoreOptions, WriteResult } from './sqlite-store.ts';
import { StoreThread } from './store-thread.ts';

/** Bytes of records that may wait for the disk. */
export const WAITING_MAX_BYTES = 67_108_864;
/** Writes of one transaction. */
const GROUP_MAX = 1_000;
/** Writers that are answered before the rest of the server gets its turn: each may have much to do then. */
const ANSWERED_AT_ONCE = 50;
/** A group that takes longer than this says that the disk is too slow. */
export const SLOW_MS = 1_000;
/** Between two attempts to write a group, in milliseconds: at first, and at most. */
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 5_000;
/** How long `close` waits for what is still to be written. */
const FLUSH_TIMEOUT_MS = 3_000;

type Waiting = { write: LogWrite; bytes: number; done: PromiseWithResolvers<WriteResult> };

export class SqliteLog implements SessionLog {
  readonly #thread: StoreThread;
  readonly #nowMs: () => number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #health: LogHealth = { ok: true };
  readonly #listeners = new Set<(health: LogHealth) => void>();
  #isClosed = false;
  readonly #closing = new AbortController();
  readonly #leases = new Leases({ nowMs: () => performance.now(), nextToken: () => this.#nextToken() });

  private constructor(thread: StoreThread, nowMs: () => number) {
    this.#thread = thread;
    this.#nowMs = nowMs;
  }

  /**
   * @param options.nowMs Wall clock in milliseconds since 1970; epochs come from it.
   * @throws LogError `busy` when another process has this folder, `unavailable` when it cannot be used.
   */
  static async open(options: StoreOptions & { nowMs: () => number }): Promise<SqliteLog> {
    const { nowMs, ...store } = options;
    return new SqliteLog(await StoreThread.start(store), nowMs);
  }

  get health(): LogHealth {
    return this.#health;
  }

  onHealth(listener: (health: LogHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async claim(start: RunStart): Promise<RunWriter> {
    this.#mustTake();
    const { epoch = 0 } = await this.#write({ type: 'claim', start, nowMs: this.#nowMs() });
    return this.#writer({ ...start, epoch });
  }

  async unfinished(): Promise<{ run: LoggedRun; writer: RunWriter }[]> {
    const left = (await this.runs()).filter(({ endedAt }) => endedAt === undefined);
    return left.map((run) => ({ run, writer: this.#writer(run) }));
  }

  async runs(): Promise<LoggedRun[]> {
    return (await this.#thread.ask({ type: 'runs' })) as LoggedRun[];
  }

  async read(run: { slug: string; epoch: number }, after: number, limit: number): Promise<LoggedRecord[]> {
    const { slug, epoch } = run;
    return (await this.#thread.ask({ type: 'read', slug, epoch, after, limit })) as LoggedRecord[];
  }

  async forget(endedBefore: string): Promise<number> {
    let forgotten = 0;
    for (;;) {
      const part = (await this.#thread.ask({ type: 'forget', endedBefore })) as { runs: number; isDone: boolean };
      forgotten += part.runs;
      if (part.isDone) return forgotten;
    }
  }

  async lease(key: string, ttlMs: number): Promise<Lease | undefined> {
    this.#mustTake();
    return await this.#leases.take(key, ttlMs);
  }

  async close(): Promise<void> {
    this.#leases.close();
    if (!this.#isClosed && this.#waiting.length > 0) {
      const limit = new AbortController();
      await Promise.race([this.#writing, pause(FLUSH_TIMEOUT_MS, null, limit).catch(() => {})]);
      limit.abort();
    }
    this.#isClosed = true;
    this.#closing.abort();
    await this.#thread.close();
    for (const { done } of this.#waiting.splice(0)) done.reject(new LogError('unavailable', 'The log is closed.'));
  }

  /** @throws LogError `unavailable` while the log takes nothing: what somebody waits for is not put off. */
  #mustTake(): void {
    if (!this.#health.ok) throw new LogError('unavailable', this.#health.reason ?? 'The log takes nothing.');
  }

  async #nextToken(): Promise<number> {
    const { token = 0 } = await this.#write({ type: 'lease' });
    return token;
  }

  #writer(run: RunStart & { epoch: number }): RunWriter {
    const { epoch } = run;
    return {
      run,
      append: async (record) => void (await this.#write({ type: 'append', epoch, record })),
      end: async (endedAt) => void (await this.#write({ type: 'end', epoch, endedAt })),
    };
  }

  async #write(write: LogWrite): Promise<{ epoch?: number; token?: number }> {
    if (this.#isClosed) throw new LogError('unavailable', 'The log is closed.');
    const bytes = write.type === 'append' ? write.record.body.length : 0;
    if (this.#waitingBytes + bytes > WAITING_MAX_BYTES) {
      throw new LogError('full', `More than ${WAITING_MAX_BYTES} bytes wait for the disk.`);
    }
    const done = Promise.withResolvers<WriteResult>();
    this.#waiting.push({ write, bytes, done });
    this.#waitingBytes += bytes;
    this.#writing ??= this.#writeAll();
    const result = await done.promise;
    if ('refused' in result) throw new LogError(result.refused, result.detail);
    return result;
  }

  /** Until nothing waits or the log is closed; never rejects. */
  async #writeAll(): Promise<void> {
    // What the same turn still brings belongs into the first group.
    await Promise.resolve();
    let retryMs = RETRY_FIRST_MS;
    // A log that has failed is tried until it takes something again, or no session would ever be logged any more.
    while ((this.#waiting.length > 0 || !this.#health.ok) && !this.#isClosed) {
      const group = this.#waiting.slice(0, GROUP_MAX);
      const failure = await this.#writeGroup(group);
      if (failure === undefined) retryMs = RETRY_FIRST_MS;
      else {
        this.#become({ ok: false, reason: failure.message });
        this.#refuseWaiting(failure);
        await pause(retryMs, null, this.#closing).catch(() => {});
        retryMs = Math.min(RETRY_MOST_MS, retryMs * 2);
      }
    }
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<LogError | undefined> {
    const slow = setTimeout(() => this.#become({ ok: false, reason: `A write takes over ${SLOW_MS} ms.` }), SLOW_MS);
    try {
      const writes: LogWrite[] = group.length === 0 ? [{ type: 'probe' }] : group.map(({ write }) => write);
      const results = (await this.#thread.ask({ type: 'write', writes })) as WriteResult[];
      this.#waiting.splice(0, group.length);
      this.#become({ ok: true });
      for (const [index, { bytes, done }] of group.entries()) {
        if (index > 0 && index % ANSWERED_AT_ONCE === 0) await setImmediate();
        this.#waitingBytes -= bytes;
        done.resolve(results[index] ?? {});
      }
      return undefined;
    } catch (error) {
      return error instanceof LogError ? error : new LogError('unavailable', String(error), { cause: error });
    } finally {
      clearTimeout(slow);
    }
  }

  /** Neither a session that is about to start nor a lease waits for the disk to be mended. */
  #refuseWaiting(failure: LogError): void {
    const cannotWait = ({ write }: Waiting): boolean => write.type === 'claim' || write.type === 'lease';
    const refused = this.#waiting.filter(cannotWait);
    this.#waiting = this.#waiting.filter((waiting) => !cannotWait(waiting));
    for (const { done } of refused) done.reject(failure);
  }

  #become(health: LogHealth): void {
    const hasChanged = health.ok !== this.#health.ok;
    this.#health = health;
    if (!hasChanged) return;
    for (const listener of this.#listeners) listener(health);
  }
}
