/**
 * Children of a server that was killed. Most end by themselves, for their input ends with the server; one that is stopped
 * or hangs does not. So each child carries a mark of its server's data folder in its environment, and the next server of
 * that folder ends whoever still carries it.
 *
 * Only whoever has the lock of the folder's session log may do this, before it starts children of its own: then nobody who
 * carries the mark has a parent any more.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from './ports.ts';
import { MARK_VARIABLE, signalGroup } from './process-group.ts';

const PROC = '/proc';
/** From the first SIGKILL until a process is given up, in milliseconds. */
const END_TIMEOUT_MS = 2_000;
const LOOK_AGAIN_MS = 20;

/**
 * What children of a server of this folder are marked with. Path and inode: another container may have the same path, and
 * the next folder the same inode.
 */
export async function markOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `${dev}:${ino}:${await realpath(folder)}`;
}

/** A process that carries the mark. */
interface Marked {
  pid: number;
  /** Of its program, as the kernel has it. */
  name: string;
  leadsGroup: boolean;
}

/** Kills every process that carries `mark`, with its group; resolves with how many there were. Never rejects. */
export async function endLeftBehind(mark: string, log: Log): Promise<number> {
  if (process.platform !== 'linux') {
    log.debug('this system does not show marks of processes; what an earlier server left behind is not looked for');
    return 0;
  }
  const found = new Set<number>();
  const deadlineMs = performance.now() + END_TIMEOUT_MS;
  for (let left = marked(mark); left.length > 0; left = marked(mark)) {
    if (performance.now() > deadlineMs) {
      log.error('processes that an earlier server left behind cannot be ended', { pids: left.map(({ pid }) => pid) });
      break;
    }
    for (const { pid, name, leadsGroup } of left) {
      if (!found.has(pid)) log.warn('a process that an earlier server left behind is killed', { pid, program: name });
      found.add(pid);
      kill(pid, leadsGroup);
    }
    await pause(LOOK_AGAIN_MS);
  }
  return found.size;
}

function marked(mark: string): Marked[] {
  const own = new Set([process.pid, process.ppid]);
  const pids = entriesOf(PROC)
    .map(Number)
    .filter((pid) => pid > 0 && !own.has(pid));
  return pids.flatMap((pid) => {
    const environment = textOf(`${PROC}/${pid}/environ`).split('\0');
    return environment.includes(`${MARK_VARIABLE}=${mark}`) ? [{ pid, ...describe(pid) }] : [];
  });
}

/** proc_pid_stat(5): pid, name in parentheses, state, parent, group. */
function describe(pid: number): Omit<Marked, 'pid'> {
  const line = textOf(`${PROC}/${pid}/stat`);
  const [, , group] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { name: line.slice(line.indexOf('(') + 1, line.lastIndexOf(')')), leadsGroup: Number(group) === pid };
}

function kill(pid: number, leadsGroup: boolean): void {
  if (leadsGroup) return signalGroup(pid, 'SIGKILL');
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone.
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for a process that is gone, and for somebody else's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
