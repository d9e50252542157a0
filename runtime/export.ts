/**
 * `captiond export`: what the session log holds, as lines of JSON or as a copy of the whole log. Reads beside a running
 * server, which notices nothing of it.
 */
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoggedRun } from '../actors/log/port.ts';
import { LOG_FILE, SqliteStore } from '../actors/log/sqlite-store.ts';
import { exitCodeOf } from '../machines/errors.ts';
import { describeFaults, readConfig } from './config.ts';
import type { Environment } from './config.ts';
import { SLUG_PATTERN } from './slug.ts';

/** Records read at a time. */
const PAGE_RECORDS = 1_000;
const usage = 'captiond export: expected [--session SLUG] or --backup FILE';

interface Wanted {
  /** The runs of this name alone. */
  session?: string | undefined;
  /** A copy of the log goes there, instead of lines. */
  backup?: string | undefined;
}

/** Where lines and complaints go. */
export interface ExportOutput {
  out: Writable;
  complain: (line: string) => void;
}

const standard: ExportOutput = {
  out: process.stdout,
  complain: (line) => void process.stderr.write(`${line}\n`),
};

/** Writes what is wanted. Resolves with the exit code: 0, 1 when the log cannot be read, 2 for wrong options. */
export async function exportLog(args: readonly string[], env: Environment, output = standard): Promise<number> {
  const { complain } = output;
  const wanted = readArguments(args);
  if (typeof wanted === 'string') {
    complain(wanted);
    return exitCodeOf('bad_options');
  }
  const read = readConfig(env);
  if (!read.ok) {
    complain(describeFaults(read.faults));
    return exitCodeOf('bad_options');
  }
  try {
    await write(wanted, read.config.dataDir, output.out);
    return 0;
  } catch (error) {
    // `captiond export | head` has what it wanted.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    complain(`captiond export: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodeOf('failed');
  }
}

/** A sentence when they make no sense. */
function readArguments(args: readonly string[]): Wanted | string {
  try {
    const options = { session: { type: 'string' }, backup: { type: 'string' } } as const;
    const { session, backup } = parseArgs({ args: [...args], options, strict: true }).values;
    if (session !== undefined && backup !== undefined) return `${usage}, not both`;
    if (session !== undefined && !SLUG_PATTERN.test(session)) return `${usage}; "${session}" is not a session's name`;
    if (backup === '') return `${usage}; FILE is empty`;
    return { session, backup };
  } catch (error) {
    return `${usage}; ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function write({ session, backup }: Wanted, folder: string, out: Writable): Promise<void> {
  if (!existsSync(join(folder, LOG_FILE))) {
    throw new Error(`There is no session log in ${folder}; set DATA_DIR to the folder of a server.`);
  }
  const store = new SqliteStore({ folder, readOnly: true });
  try {
    if (backup === undefined)
      await pipeline(Readable.from(lines(store, session)), out, { end: out !== process.stdout });
    else if (existsSync(backup)) throw new Error(`${backup} is there already; name a file that is not.`);
    else await store.copyTo(backup);
  } finally {
    store.close();
  }
}

/** A line for each run, and after it one for each of its records, oldest first. */
function* lines(store: SqliteStore, session: string | undefined): Generator<string> {
  const runs = store.runs().filter(({ slug }) => session === undefined || slug === session);
  for (const run of runs) {
    yield `${JSON.stringify(runLine(run))}\n`;
    let after = 0;
    for (
      let page = store.read(run, after, PAGE_RECORDS);
      page.length > 0;
      page = store.read(run, after, PAGE_RECORDS)
    ) {
      for (const { body } of page) {
        yield `${JSON.stringify({ slug: run.slug, epoch: run.epoch, ...(JSON.parse(body) as object) })}\n`;
      }
      after = page.at(-1)?.offset ?? Infinity;
    }
  }
}

function runLine({ slug, epoch, startedAt, endedAt, transcriber, lastOffset }: LoggedRun) {
  return { slug, epoch, type: 'run', startedAt, endedAt, transcriber, lastOffset };
}
