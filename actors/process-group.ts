/** Children and everything that they have started: each child is the leader of a process group of its own. */
import type { ChildProcess } from 'node:child_process';
import type { ResourceList } from './resources.ts';

/** Variables of our environment that a child gets: no secret. */
const ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot'];

/** Holds the mark by which the next server of the data folder knows a child of this one (`left-behind.ts`). */
export const MARK_VARIABLE = 'CAPTIOND_CHILD_OF';

/** The whole environment of a child. */
export function childEnvironment(mark?: string): Record<string, string> {
  const kept = ENVIRONMENT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...(mark !== undefined && { [MARK_VARIABLE]: mark }) };
}

/** Sends `signal` to the whole group of `pid`; nothing happens when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody is left in the group.
  }
}

export interface HeldGroup {
  child: ChildProcess;
  pid: number;
  /** For people: `ffmpeg`. */
  program: string;
  resources: ResourceList;
  /** The child has been reaped and its pipes are closed. */
  onClosed: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** Keeps a started child in the resource list until it is gone, and takes what it leaves behind with it. */
export function holdGroup({ child, pid, program, resources, onClosed }: HeldGroup): void {
  const kill = (): void => signalGroup(pid, 'SIGKILL');
  const release = resources.hold({ kind: 'process', name: `${program} ${pid}`, release: kill });
  // Whatever a wrapper around the program has left behind would keep the pipes open.
  child.once('exit', kill);
  child.once('close', (code, signal) => {
    release();
    onClosed(code, signal);
  });
}
