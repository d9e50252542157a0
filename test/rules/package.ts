/** package.json and its lock: what an install gets, and that it gets the same everywhere. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { projectRoot } from '../support/source-files.ts';

interface Manifest {
  engines: { node: string };
  bin: Record<string, string>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const text = readFileSync(new URL('package.json', projectRoot), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const lock = readFileSync(new URL('package-lock.json', projectRoot), 'utf8');

function inexact(versions: Record<string, string>): string[] {
  return Object.entries(versions).flatMap(([name, version]) => (/^\d+\.\d+\.\d+$/.test(version) ? [] : [name]));
}

void t.test('every version is exact', (t) => {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  t.strictSame(inexact({ ...dependencies, ...optionalDependencies, ...devDependencies }), []);
  t.strictSame(inexact({ a: '^1.0.0', b: '1.x', c: '1.2.3' }), ['a', 'b'], 'the rule sees ranges');
  t.end();
});

void t.test('the lock has a hash for each package and names no registry', (t) => {
  t.notMatch(lock, /"resolved": "\w+:/);
  const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string; link?: boolean }> };
  const isFetched = (path: string): boolean => path.includes('node_modules/') && packages[path]?.link !== true;
  const unhashed = Object.entries(packages).filter(
    ([path, { integrity }]) => isFetched(path) && integrity === undefined,
  );
  t.strictSame(
    unhashed.map(([path]) => path).filter((path) => !/node_modules\/.+\/node_modules\//.test(path)),
    [],
  );
  t.end();
});

void t.test('scripts run on the Node of the project, and captiond is its program', (t) => {
  t.match(manifest.engines.node, />=24/);
  t.match(manifest.devDependencies['node'], /^24\./);
  t.strictSame(manifest.bin, { captiond: 'runtime/main.ts' });
  for (const name of ['start', 'demo', 'test', 'check', 'types', 'lint', 'bench']) t.ok(manifest.scripts[name], name);
  t.end();
});
