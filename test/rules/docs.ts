/** Documentation and code say the same: tables that come from code, drawings, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';
import { setup } from 'xstate';
import { optionRows } from '../../runtime/options.ts';
import { allMachines, chartsFolder, draw } from '../support/charts/draw.ts';
import { blocks, eventCatalogue, read, readEvents, upToDate } from '../support/docs.ts';
import { projectRoot, readFiles } from '../support/source-files.ts';
import type { Files } from '../support/source-files.ts';

function anchorsOf(page: string): string[] {
  const headings = page.replace(/^```[^]*?^```/gm, '').match(/^#+ .+$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(pages: Files, exists: (path: string) => boolean): string[] {
  return [...pages].flatMap(([path, page]) => {
    const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    return links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
        if (!exists(target)) return true;
        return anchor !== undefined && !anchorsOf(pages.get(target) ?? '').includes(anchor);
      })
      .map((link) => `${path}: ${link}`);
  });
}

void t.test('tables in the pages are those of the code (npm run docs writes them)', async (t) => {
  for (const file of new Set(blocks.map((block) => block.file))) t.equal(read(file), await upToDate(file, read(file)));
  const changed = read('README.md').replace('`PCM_CHUNK_SIZE_MS`', '`PCM_CHUNK_MS`');
  t.not(changed, await upToDate('README.md', changed), 'a changed table is seen');
});

void t.test('every option stands in the README, every event in the catalogue', (t) => {
  const page = read('README.md');
  for (const [name] of optionRows) t.match(page, `| \`${name}\``);
  const catalogue = eventCatalogue(readEvents());
  const types = [...readEvents().matchAll(/type: '([\w.]+)'/g)].map((match) => match[1] ?? '');
  t.ok(types.length > 25);
  for (const type of types) t.match(catalogue, `\`${type}\``);
  t.end();
});

void t.test('every chart is drawn as it is, and no drawing is left of one that is gone', async (t) => {
  const machines = await allMachines();
  t.ok(machines.length >= 4);
  for (const { machine } of machines) {
    t.equal(readFileSync(new URL(`${machine.id}.svg`, chartsFolder), 'utf8'), await draw(machine), machine.id);
    t.match(read('machines/README.md'), `charts/${machine.id}.svg`);
  }
  t.strictSame(readdirSync(chartsFolder).toSorted(), machines.map(({ machine }) => `${machine.id}.svg`).toSorted());
  const chart = (to: string) =>
    setup({}).createMachine({ id: 'a', initial: 'b', states: { b: { on: { go: to } }, c: {}, d: {} } });
  t.not(await draw(chart('c')), await draw(chart('d')), 'another target is another drawing');
});

void t.test('links lead somewhere', (t) => {
  const pages = readFiles(/\.md$/);
  t.strictSame(
    brokenLinks(pages, (path) => existsSync(new URL(path, projectRoot))),
    [],
  );
  const page = new Map([['docs/a.md', '# One two\n[x](b.md) [y](#one-two) [z](#three) [w](https://example.org)']]);
  t.strictSame(
    brokenLinks(page, (path) => path === 'docs/a.md'),
    ['docs/a.md: b.md', 'docs/a.md: #three'],
    'the rule sees a missing page and a missing heading',
  );
  t.end();
});
