/** Sizes, names and words of the house. Functions, `any`, cycles and floating promises are the linter's. */
import t from 'tap';
import { projectPaths, readFiles } from '../support/source-files.ts';
import type { Files } from '../support/source-files.ts';

const LINES_MAX = 250;
const topLevel = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'Dockerfile', 'README.md', 'LICENSE', 'CHANGELOG.md'],
  ...['machines', 'actors', 'runtime', 'test'],
];
const vagueNames = /(manager|helper|utils?|common|misc)\b/i;
const unfinished = /\b(TODO|FIXME|XXX|not implemented|for now|placeholder)\b/;
/** Folders of somebody's machine. */
const privatePlaces = new RegExp(['home', 'Users', 'root', 'work'].map((folder) => `/${folder}/`).join('|'));

function longFiles(files: Files): string[] {
  return [...files].filter(([, text]) => text.split('\n').length - 1 > LINES_MAX).map(([path]) => path);
}

function matching(files: Files, pattern: RegExp): string[] {
  return [...files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}

function strangers(paths: readonly string[]): string[] {
  const names = new Set(paths.map((path) => path.split('/')[0] ?? ''));
  return [...names].filter((name) => !topLevel.includes(name) && !name.startsWith('.'));
}

const code = readFiles(/\.(ts|js|mjs|css|html)$/);
const texts = readFiles(/(\.(ts|js|mjs|css|html|md|json|sh)|Dockerfile|\.ci\/run)$/);
const own = new Map([...texts].filter(([path]) => !['package-lock.json', 'test/rules/house.ts'].includes(path)));

void t.test('no source file is longer than 250 lines', (t) => {
  t.strictSame(longFiles(code), []);
  t.strictSame(longFiles(new Map([['a.ts', 'x\n'.repeat(LINES_MAX + 1)]])), ['a.ts'], 'the rule sees one');
  t.end();
});

void t.test('the top level is fixed', (t) => {
  t.strictSame(strangers(projectPaths()), []);
  t.strictSame(strangers(['src/a.ts', '.ci/run', 'README.md']), ['src'], 'the rule sees a new folder');
  t.end();
});

void t.test('files have names of the field', (t) => {
  const vague = (paths: readonly string[]): string[] => paths.filter((path) => vagueNames.test(path));
  t.strictSame(vague([...code.keys()]), []);
  t.strictSame(vague(['actors/session-manager.ts', 'runtime/utils.ts']).length, 2, 'the rule sees two that are not');
  t.end();
});

void t.test('nothing says that it is unfinished, or where somebody keeps their files', (t) => {
  t.strictSame(matching(own, unfinished), []);
  t.strictSame(matching(own, privatePlaces), []);
  const word = ['TO', 'DO'].join('');
  const bad = new Map([['a.ts', `// ${word}: later\nconst a = 1;`]]);
  t.strictSame(matching(bad, unfinished), [`a.ts:1 // ${word}: later`], 'the rule sees one');
  t.end();
});
