/** What Linux tells of a running process. */
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

const PAGE_BYTES = 4_096;

export interface ChildFact {
  pid: number;
  name: string;
}

/** The children of a process, whichever of its threads has started them; a zombie is one. */
export async function childrenOf(pid: number): Promise<ChildFact[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const pids = lists.flatMap((list) => list.split(' ').filter((word) => word !== ''));
  return Promise.all(
    pids.map(async (child) => ({
      pid: Number(child),
      name: (await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '')).trim(),
    })),
  );
}

/** Its open file descriptors: what each stands for. */
export async function openFilesOf(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const files = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return files.filter((file) => file !== '');
}

/** Its resident memory. */
export async function rssBytesOf(pid: number): Promise<number> {
  const [, resident = '0'] = (await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')).split(' ');
  return Number(resident) * PAGE_BYTES;
}

/** Is this process there, under this name? A zombie is not. */
export function isThere(pid: number, name: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.includes(`(${name})`) && !/\) Z /.test(stat);
  } catch {
    return false;
  }
}
