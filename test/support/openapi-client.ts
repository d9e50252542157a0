/** Types of a client from the OpenAPI document, by the generator in the workspace `test/support/openapi`. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compile } from './client-types.ts';
import { projectRoot } from './source-files.ts';

/** The workspace has the generator where npm has put it: in its own folder, or in the project's. */
const workspace = createRequire(new URL('test/support/openapi/package.json', projectRoot));

/**
 * Text of the declarations. Works without a network.
 *
 * @param folder For what the generator reads and writes.
 */
export async function clientOf(document: string, folder: string): Promise<string> {
  const [input, output] = [join(folder, 'openapi.json'), join(folder, 'generated.d.ts')];
  await writeFile(input, document);
  const program = join(dirname(workspace.resolve('openapi-typescript')), '../bin/cli.js');
  // What the test runner adds to every program by NODE_OPTIONS is not for this one.
  await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', process.execPath, program, input, '-o', output], {
    cwd: fileURLToPath(projectRoot),
  });
  return readFile(output, 'utf8');
}

/** Type-checks a program that uses them, with the project's compiler. Rejects with what does not fit. */
export function compileClient(file: string): Promise<void> {
  const language = ['--target', 'es2024', '--module', 'nodenext', '--lib', 'es2024,dom,dom.iterable', '--types', ''];
  const checks = ['--noEmit', '--allowImportingTsExtensions', '--exactOptionalPropertyTypes', '--skipLibCheck'];
  return compile([...language, ...checks, file], dirname(file));
}
