/** Facts about processes of the machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Does the process (or, negative, anybody of the group) exist? A zombie does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when `condition` holds; rejects after `limitMs`, naming what was waited for. */
export async function eventually(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`after ${limitMs} ms there is still not: ${what}`);
    await pause(10);
  }
}

/** A process as Linux shows it (proc_pid_stat(5)). */
export interface ProcessState {
  pid: number;
  /** Program and arguments; empty for a zombie. */
  command: string;
  /** `T` stopped, `Z` a zombie. */
  state: string;
  parent: number;
}

/** Undefined when there is none. Linux only. */
export function processState(pid: number): ProcessState | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, command, state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Is it there, and no zombie? Linux only. */
export function isRunning(pid: number): boolean {
  return !['Z', 'X', undefined].includes(processState(pid)?.state);
}

/** Linux only. */
export function childrenOf(parent: number): ProcessState[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processState(Number(name)) ?? []) : []));
  return all.filter((one) => one.parent === parent && one.state !== 'Z');
}
