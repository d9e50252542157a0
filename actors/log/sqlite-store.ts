/**
 * The tables of the embedded session log and what is done to them, synchronously: for the log's worker thread, and for
 * `captiond export`, which reads beside a running server.
 *
 * Write-ahead log with `synchronous=FULL`: a committed record survives the process and the machine (sqlite.org/pragma.html).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { LogError } from './port.ts';
import type { LoggedRecord, LoggedRun, RunStart } from './port.ts';

/** How long a write waits for another process that reads or copies, in milliseconds: after a second it is said to be slow. */
const BUSY_TIMEOUT_MS = 1_500;
/** Records removed in one transaction, so that writers do not wait for long. */
export const REMOVED_AT_ONCE = 2_000;

/** What brings the tables from each version to the next; the newest version is their number. */
const schemaSteps = [
  `
  CREATE TABLE run (
    epoch INTEGER PRIMARY KEY,
    slug TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    transcriber TEXT NOT NULL,
    last_offset INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE record (
    epoch INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (epoch, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE newest (epoch INTEGER NOT NULL) STRICT;
  INSERT INTO newest VALUES (0);
`,
  `
  CREATE TABLE newest_lease (token INTEGER NOT NULL) STRICT;
  INSERT INTO newest_lease VALUES (0);
`,
];

/** One write, as the worker gets it. */
export type LogWrite =
  | { type: 'claim'; start: RunStart; nowMs: number }
  | { type: 'append'; epoch: number; record: LoggedRecord }
  | { type: 'end'; epoch: number; endedAt: string }
  | { type: 'lease' }
  /** Changes nothing, and fails when nothing could be changed. */
  | { type: 'probe' };

/** What became of a write: done, with the epoch of a claim or the token of a lease; or refused. */
export type WriteResult = { epoch?: number; token?: number } | { refused: 'busy' | 'out_of_order'; detail: string };

export interface StoreOptions {
  /** Folder of the log; made when it is missing. */
  folder: string;
  readOnly?: boolean;
  /** The file may not grow beyond; undefined: as the disk allows. */
  maxBytes?: number | undefined;
}

/** Name of the log's file in its folder. */
export const LOG_FILE = 'sessions.db';

export class SqliteStore {
  readonly #database: DatabaseSync;
  readonly #owner: DatabaseSync | undefined;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws LogError `busy` when another process writes this log, `unavailable` when it cannot be opened. */
  constructor({ folder, readOnly = false, maxBytes }: StoreOptions) {
    try {
      if (!readOnly) mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#owner = readOnly ? undefined : own(folder);
      this.#database = new DatabaseSync(join(folder, LOG_FILE), { readOnly, timeout: BUSY_TIMEOUT_MS });
      if (!readOnly) prepare(this.#database, maxBytes);
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw new LogError('unavailable', `The session log in ${folder} cannot be opened: ${String(error)}.`, {
        cause: error,
      });
    }
  }

  /** Does all of `writes` or, when the store fails, none. What the rows forbid concerns that write alone. */
  write(writes: readonly LogWrite[]): WriteResult[] {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const results = writes.map((write) => this.#one(write));
      this.#database.exec('COMMIT');
      return results;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  runs(): LoggedRun[] {
    const sql = `SELECT run.*, body FROM run
      LEFT JOIN record ON record.epoch = run.epoch AND offset = last_offset ORDER BY run.epoch`;
    const rows = this.#statement(sql).all();
    return rows.map((row) => ({
      slug: String(row['slug']),
      epoch: Number(row['epoch']),
      startedAt: String(row['started_at']),
      transcriber: String(row['transcriber']),
      lastOffset: Number(row['last_offset']),
      ...(row['ended_at'] === null ? {} : { endedAt: String(row['ended_at']) }),
      ...(row['body'] === null ? {} : { lastBody: String(row['body']) }),
    }));
  }

  read({ slug, epoch }: { slug: string; epoch: number }, after: number, limit: number): LoggedRecord[] {
    const rows = this.#statement(
      `SELECT offset, body FROM record JOIN run USING (epoch)
       WHERE epoch = ? AND slug = ? AND offset > ? ORDER BY offset LIMIT ?`,
    ).all(epoch, slug, after, limit);
    return rows.map((row) => ({ offset: Number(row['offset']), body: String(row['body']) }));
  }

  /** Removes a part of what ended before; `isDone` false says that there is more. */
  forget(endedBefore: string): { runs: number; isDone: boolean } {
    const sql = 'SELECT epoch FROM run WHERE ended_at < ? ORDER BY ended_at LIMIT 1';
    const oldest = this.#statement(sql).get(endedBefore);
    if (oldest === undefined) return { runs: 0, isDone: true };
    const epoch = Number(oldest['epoch']);
    const { changes } = this.#statement(
      'DELETE FROM record WHERE epoch = ? AND offset IN (SELECT offset FROM record WHERE epoch = ? LIMIT ?)',
    ).run(epoch, epoch, REMOVED_AT_ONCE);
    if (changes === REMOVED_AT_ONCE) return { runs: 0, isDone: false };
    this.#statement('DELETE FROM run WHERE epoch = ?').run(epoch);
    return { runs: 1, isDone: false };
  }

  /** Writes a whole copy, also while the log is written to. @param file Is replaced when it is there. */
  async copyTo(file: string): Promise<void> {
    await backup(this.#database, file);
  }

  close(): void {
    this.#database.close();
    this.#owner?.close();
  }

  #one(write: LogWrite): WriteResult {
    if (write.type === 'claim') return this.#claim(write.start, write.nowMs);
    if (write.type === 'append') return this.#append(write.epoch, write.record);
    if (write.type === 'lease') {
      const newest = this.#statement('UPDATE newest_lease SET token = token + 1 RETURNING token').get();
      return { token: Number(newest?.['token']) };
    }
    if (write.type === 'end') {
      const sql = 'UPDATE run SET ended_at = ? WHERE epoch = ? AND ended_at IS NULL';
      this.#statement(sql).run(write.endedAt, write.epoch);
    } else this.#statement('UPDATE newest SET epoch = epoch').run();
    return {};
  }

  #claim({ slug, startedAt, transcriber }: RunStart, nowMs: number): WriteResult {
    const going = this.#statement('SELECT epoch FROM run WHERE slug = ? AND ended_at IS NULL').get(slug);
    if (going !== undefined) return { refused: 'busy', detail: `A run of ${slug} goes on.` };
    const newest = this.#statement('UPDATE newest SET epoch = max(epoch + 1, ?) RETURNING epoch').get(nowMs);
    const epoch = Number(newest?.['epoch']);
    const sql = 'INSERT INTO run (epoch, slug, started_at, transcriber) VALUES (?, ?, ?, ?)';
    this.#statement(sql).run(epoch, slug, startedAt, transcriber);
    return { epoch };
  }

  #append(epoch: number, { offset, body }: LoggedRecord): WriteResult {
    const advance = 'UPDATE run SET last_offset = ? WHERE epoch = ? AND last_offset = ? - 1';
    if (this.#statement(advance).run(offset, epoch, offset).changes === 1) {
      this.#statement('INSERT INTO record (epoch, offset, body) VALUES (?, ?, ?)').run(epoch, offset, body);
      return {};
    }
    const known = this.#statement('SELECT body FROM record WHERE epoch = ? AND offset = ?').get(epoch, offset);
    if (known?.['body'] === body) return {};
    return { refused: 'out_of_order', detail: `Record ${offset} of run ${epoch} does not follow the one before.` };
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** What SQLite says of a failed write (sqlite.org/rescode.html), in the port's words. */
export function faultOf(error: unknown): LogError {
  if (error instanceof LogError) return error;
  const SQLITE_FULL = 13;
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return new LogError(code === SQLITE_FULL ? 'full' : 'unavailable', String(error), { cause: error });
}

/** Takes the log for this process; the lock goes with the process, however it ends. */
function own(folder: string): DatabaseSync {
  const owner = new DatabaseSync(join(folder, 'owner.db'));
  try {
    owner.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    owner.close();
    throw new LogError('busy', `Another process has the session log in ${folder}.`, { cause: error });
  }
  return owner;
}

function prepare(database: DatabaseSync, maxBytes: number | undefined): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  const found = database.prepare('PRAGMA user_version').get();
  const version = Number(found?.['user_version']);
  if (version > schemaSteps.length)
    throw new LogError('unavailable', 'The session log was written by a newer captiond.');
  for (const [index, step] of schemaSteps.entries()) {
    if (index >= version) database.exec(`BEGIN; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
  if (maxBytes !== undefined) {
    const page = database.prepare('PRAGMA page_size').get();
    database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / Number(page?.['page_size']))}`);
  }
}
