/** The session log of a server: opened at its start, with the archive of what is over; sessions begin their runs in it. */
import { LogError } from '../actors/log/port.ts';
import type { RunStart, RunWriter, SessionLog } from '../actors/log/port.ts';
import { SqliteLog } from '../actors/log/sqlite.ts';
import { endLeftBehind, markOf } from '../actors/left-behind.ts';
import type { Log } from '../actors/ports.ts';
import { CaptiondError } from '../machines/errors.ts';
import { Archive } from './archive.ts';
import type { Config } from './config.ts';

/** How long a session waits for the log to begin its run; then it goes on without. */
const CLAIM_TIMEOUT_MS = 2_000;

export interface OpenSessionLog {
  log: SessionLog;
  archive: Archive;
  /** What children of this folder's server are marked with. */
  childMark: string;
  /** Children that an earlier server of this folder had left behind, and that have been ended. */
  orphansEnded: number;
  /** Begins a run. While the log takes nothing the run is not logged, and that is said; captions go on. Never rejects. */
  claim(start: RunStart): Promise<RunWriter>;
  /** Writes what is left, for a bounded time. Idempotent. */
  close(): Promise<void>;
}

/** @throws CaptiondError `log_busy` when another process has it, `log_unavailable` when it cannot be used. */
export async function openSessionLog(
  { dataDir, retentionHours }: Pick<Config, 'dataDir' | 'retentionHours'>,
  lines: Log,
): Promise<OpenSessionLog> {
  const nowMs = (): number => Date.now();
  const log = await SqliteLog.open({ folder: dataDir, nowMs }).catch((error: unknown) => {
    throw asStartFailure(error);
  });
  // The log's lock says that no other server has this folder, and this one has no children yet.
  const childMark = await markOf(dataDir);
  const orphansEnded = await endLeftBehind(childMark, lines);
  const archive = await Archive.open({
    log,
    retentionMs: retentionHours * 3_600_000,
    todayMs: nowMs,
    onFault: (error) => lines.warn('what is older than the retention could not be removed', { error }),
  });
  return {
    log,
    archive,
    childMark,
    orphansEnded,
    claim: (start) => claim(log, start, lines),
    close: () => {
      archive.close();
      return log.close();
    },
  };
}

async function claim(log: SessionLog, start: RunStart, lines: Log): Promise<RunWriter> {
  const claimed = log.claim(start);
  let deadline: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new LogError('unavailable', `The session log did not answer within ${CLAIM_TIMEOUT_MS} ms.`);
    deadline = setTimeout(() => reject(error), CLAIM_TIMEOUT_MS);
  });
  try {
    return await Promise.race([claimed, late]);
  } catch (error) {
    // A claim that succeeds after all must not keep the name.
    claimed.then(
      (writer) => writer.end(new Date().toISOString()),
      () => {},
    );
    lines.error('a session starts without the session log: its records will not outlive it', { error });
    return unlogged(start);
  } finally {
    clearTimeout(deadline);
  }
}

/** The writer of a run that nothing is kept of. */
function unlogged(start: RunStart): RunWriter {
  const refuse = () => Promise.reject(new LogError('unavailable', 'This run is not logged.'));
  return { run: { ...start, epoch: Date.now() }, isUnlogged: true, append: refuse, end: () => Promise.resolve() };
}

function asStartFailure(error: unknown): unknown {
  if (!(error instanceof LogError)) return error;
  return new CaptiondError(error.fault === 'busy' ? 'log_busy' : 'log_unavailable', error.message, { cause: error });
}
