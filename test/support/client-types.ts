/** The types of the viewer client for those who install it, made from its comments. `npm run docs` writes them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { projectRoot } from './source-files.ts';

/** Where they stand. */
export const clientTypesFolder = new URL('runtime/client/types/', projectRoot);
const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', projectRoot));
const entry = fileURLToPath(new URL('runtime/client/viewer.js', projectRoot));

/** Runs the project's TypeScript compiler. Rejects with what it says when something does not fit. */
export async function compile(words: readonly string[], cwd?: string): Promise<void> {
  try {
    // The compiler does not load with what the test runner adds to every program by NODE_OPTIONS.
    const program = ['-u', 'NODE_OPTIONS', process.execPath, compiler, '--ignoreConfig', '--strict'];
    await promisify(execFile)('env', [...program, ...words], { cwd });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`, { cause: error });
  }
}

/** Text of each declaration file by its name. */
export async function clientTypes(): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-types-'));
  const language = ['--target', 'es2024', '--module', 'nodenext', '--lib', 'es2024,dom', '--types', ''];
  const output = ['--declaration', '--emitDeclarationOnly', '--allowJs', '--checkJs', '--outDir', folder];
  try {
    await compile([...language, ...output, entry]);
    const names = (await readdir(folder)).toSorted();
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
