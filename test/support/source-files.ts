/** The project's own files, for the rule tests: what git tracks or would track, with their text. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at the end. */
export const projectRoot = new URL('../../', import.meta.url);

/** Text by path from the project's folder. */
export type Files = ReadonlyMap<string, string>;

/** Paths of all files, fixtures included, whether git is here or not. */
export function projectPaths(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: fileURLToPath(projectRoot),
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter((path) => path !== '');
  return paths.filter((path) => existsSync(new URL(path, projectRoot))).toSorted();
}

/** The files whose path matches. */
export function readFiles(pattern: RegExp): Files {
  const paths = projectPaths().filter((path) => pattern.test(path));
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, projectRoot), 'utf8')]));
}
