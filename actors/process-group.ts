/** Signals to a child and everything that it has started: children are leaders of process groups of their own. */

/** Sends `signal` to the whole group of `pid`; nothing happens when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody is left in the group.
  }
}
