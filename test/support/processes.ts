/** Facts about processes of the machine. */
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
