/** machines ← actors ← runtime: imports go one way and never in circles. */
import { posix } from 'node:path';
import t from 'tap';
import { readFiles } from '../support/source-files.ts';
import type { Files } from '../support/source-files.ts';

/** What the files of a folder may import: folders of the project, and packages (`*` any). */
const allowed: Record<string, { folders: string[]; packages: string[] }> = {
  machines: { folders: ['machines'], packages: ['xstate'] },
  actors: { folders: ['machines', 'actors'], packages: ['*'] },
  runtime: { folders: ['machines', 'actors', 'runtime'], packages: ['*'] },
  test: { folders: ['machines', 'actors', 'runtime', 'test'], packages: ['*'] },
};

function importsOf(text: string): string[] {
  const patterns = [/^\s*(?:import|export)\b[^'";]*?from '([^']+)'/gm, /^import '([^']+)'/gm, /\bimport\('([^']+)'\)/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

function resolveImport(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function topFolder(path: string): string {
  return path.split('/')[0] ?? '';
}

function directionFaults(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    const rule = allowed[topFolder(path)];
    if (rule === undefined) return [];
    return importsOf(text)
      .filter((specifier) => {
        if (specifier.startsWith('.')) return !rule.folders.includes(topFolder(resolveImport(path, specifier)));
        return !rule.packages.includes('*') && !rule.packages.includes(specifier);
      })
      .map((specifier) => `${path} imports ${specifier}`);
  });
}

function firstCycle(files: Files): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const specifier of importsOf(files.get(path) ?? '')) {
      const cycle = specifier.startsWith('.') ? visit(resolveImport(path, specifier), [...trail, path]) : undefined;
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of files.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const files = readFiles(/^(machines|actors|runtime|test)\/.*\.(ts|js|mjs)$/);

void t.test('imports go one way, and machines import xstate alone', (t) => {
  t.ok(files.size > 100);
  t.strictSame(directionFaults(files), []);
  t.end();
});

void t.test('no import leads back to where it came from', (t) => {
  t.equal(firstCycle(files), undefined);
  t.end();
});

void t.test('the rule sees an import against the direction, a package in machines, and a circle', (t) => {
  const upward = new Map([['actors/a.ts', "import { b } from '../runtime/b.ts';\n"]]);
  t.strictSame(directionFaults(upward), ['actors/a.ts imports ../runtime/b.ts']);
  const impure = new Map([['machines/a.ts', "import { readFile } from 'node:fs/promises';\n"]]);
  t.strictSame(directionFaults(impure), ['machines/a.ts imports node:fs/promises']);
  const dynamic = new Map([['machines/a.ts', "const b = await import('../actors/b.ts');\n"]]);
  t.strictSame(directionFaults(dynamic), ['machines/a.ts imports ../actors/b.ts']);
  const circle = new Map([
    ['actors/a.ts', "import type { B } from './b.ts';\n"],
    ['actors/b.ts', "export { a } from './a.ts';\n"],
  ]);
  t.strictSame(firstCycle(circle), ['actors/a.ts', 'actors/b.ts', 'actors/a.ts']);
  t.end();
});
