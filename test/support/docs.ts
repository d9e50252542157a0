/**
 * The parts of the documentation that come from code: each stands between two marks, `<!-- NAME -->` and
 * `<!-- /NAME -->`. `npm run docs` writes them; the tests in `test/rules` only compare.
 */
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { errors } from '../../machines/errors.ts';
import { metricRows } from '../../runtime/telemetry/metrics-table.ts';
import { limitTableMarkdown } from '../../runtime/limits-table.ts';
import { optionTableMarkdown } from '../../runtime/help.ts';
import { projectRoot } from './source-files.ts';

/** One generated part of a page. */
export interface Block {
  file: string;
  name: string;
  text: () => string;
}

export const blocks: readonly Block[] = [
  { file: 'README.md', name: 'options', text: optionTableMarkdown },
  { file: 'machines/README.md', name: 'events', text: () => eventCatalogue(readEvents()) },
  { file: 'machines/README.md', name: 'errors', text: errorTable },
  { file: 'runtime/operate/README.md', name: 'metrics', text: metricTable },
  { file: 'runtime/README.md', name: 'limits', text: limitTableMarkdown },
];

/** The page as it should be, laid out by the formatter. @throws when a mark is missing. */
export async function upToDate(file: string, page: string): Promise<string> {
  const filled = blocks.filter((block) => block.file === file).reduce(fill, page);
  const manifest = JSON.parse(read('package.json')) as { prettier: object };
  return format(filled, { ...manifest.prettier, parser: 'markdown' });
}

function fill(page: string, { file, name, text }: Block): string {
  const marks = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`);
  if (!marks.test(page)) throw new Error(`${file} has no place for "${name}"`);
  return page.replace(marks, (_all, start: string, end: string) => `${start}\n\n${text()}\n\n${end}`);
}

/** Text of a project file. */
export function read(path: string): string {
  return readFileSync(new URL(path, projectRoot), 'utf8');
}

/** Where every machine event stands. */
export function readEvents(): string {
  return ['events', 'ai-events', 'webhook-events'].map((name) => read(`machines/${name}.ts`)).join('');
}

/** Every event of the catalogue's files with its sentence, by section. */
export function eventCatalogue(source: string): string {
  const sections = source.split(/^\/\/ ── (.+?) ─+$/m).slice(1);
  const parts: string[] = [];
  for (let at = 0; at < sections.length; at += 2) {
    const rows = [
      ...(sections[at + 1] ?? '').matchAll(/\/\*\* ([^*]+) \*\/\s*\|?\s*\{ type: '([\w.]+)'(;[^}]*)?\s*\}/g),
    ];
    const lines = rows.map(([, sentence = '', type = '', fields = '']) => {
      const carried = [...fields.matchAll(/(\w+)\??:/g)].map(([, field]) => `\`${field}\``).join(' ');
      return `| \`${type}\` | ${carried} | ${sentence.replace(/\s*\n\s*\*?\s*/g, ' ')} |`;
    });
    if (lines.length === 0) continue;
    const title = sections[at] ?? '';
    parts.push(`**${title.charAt(0).toUpperCase()}${title.slice(1)}**`, '');
    parts.push('| event | carries | meaning |', '| --- | --- | --- |', ...lines, '');
  }
  return parts.join('\n').trimEnd();
}

function errorTable(): string {
  const cell = (value: string | number | undefined): string => (value === undefined ? '' : `${value}`);
  const rows = Object.entries(errors).map(([code, row]) => {
    const cells = [`\`${code}\``, row.sentence, row.retryable ? 'yes' : 'no'];
    return `| ${[...cells, ...[row.httpStatus, row.closeCode, row.rtmpCode, row.exitCode].map(cell)].join(' | ')} |`;
  });
  const head = '| code | sentence | may succeed later | HTTP | WebSocket | RTMP | exit |';
  return [head, '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function metricTable(): string {
  const rows = metricRows.map(([name, { kind, unit, labels, meaning }]) => {
    const kindAndUnit = unit === '' ? kind : `${kind}, ${unit}`;
    return `| \`${name}\` | ${kindAndUnit} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${meaning} |`;
  });
  return ['| metric | kind | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
