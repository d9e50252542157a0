/** The option table as people read it: whole, in order, and the same everywhere. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { errors } from '../../machines/errors.ts';
import { HELP_COLUMNS, helpText, optionTableMarkdown } from '../../runtime/help.ts';
import type { Option } from '../../runtime/option-kinds.ts';
import { openTelemetryRow, optionRows } from '../../runtime/options.ts';

const help = helpText();

/** The text of one option's entry, its lines joined. */
function entryOf(name: string): string {
  const [, rest = ''] = help.split(`\n  ${name} `);
  const [entry = ''] = rest.split(/\n {2}\S|\n\n/);
  return entry.replace(/\s+/g, ' ').trim();
}

const shownDefault = ({ fallback, fallbackShown }: Option<unknown>): string => fallbackShown ?? fallback ?? '–';

void t.test('every option is there once, with its meaning, default and range', (t) => {
  for (const [name, row] of optionRows) {
    t.equal(help.split('\n').filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
    const entry = entryOf(name);
    t.ok(entry.startsWith(row.meaning), entry);
    t.ok(entry.includes(row.range), `${name}: ${row.range}`);
    if (shownDefault(row) !== '–') t.ok(entry.includes(`default ${shownDefault(row)}`), `${name}: its default`);
  }
  t.ok(entryOf(openTelemetryRow.name).includes(openTelemetryRow.meaning));
  t.end();
});

void t.test('options stand in the order of the table', (t) => {
  const places = optionRows.map(([name]) => help.indexOf(`\n  ${name} `));
  const sorted = places.toSorted((left, right) => left - right);
  t.strictSame(places, sorted);
  t.end();
});

void t.test('no line is wider than the help may be, none ends in a blank', (t) => {
  for (const line of help.split('\n')) {
    t.ok(line.length <= HELP_COLUMNS, line);
    t.equal(line, line.trimEnd());
  }
  t.end();
});

void t.test('commands and exit codes are those of the program', (t) => {
  for (const command of ['serve', 'demo', 'doctor', 'export', 'token', '--help'])
    t.match(help, `\n  captiond ${command} `);
  t.match(help, /Exit codes: 0 stopped as asked, 1 failed, 2 wrong options, 3 a port is taken\.$/);
  t.equal(errors.bad_options.exitCode, 2);
  t.end();
});

void t.test('the table of the README has a row of four cells for each option', (t) => {
  const [head, rule, ...rows] = optionTableMarkdown().split('\n');
  t.equal(head, '| name | default | range | meaning |');
  t.equal(rule, '| --- | --- | --- | --- |');
  t.equal(rows.length, optionRows.length + 1, 'and one for OpenTelemetry');
  for (const [index, [name, row]] of optionRows.entries()) {
    const cells = rows[index]?.split('|').map((cell) => cell.trim());
    t.match(cells, { 1: `\`${name}\``, 3: row.range });
    t.equal(cells?.length, 6, name);
    t.equal(cells?.[2]?.replaceAll('`', ''), shownDefault(row), name);
    t.ok(cells?.[4]?.startsWith(row.meaning), name);
  }
  t.end();
});

void t.test('captiond --help prints it and ends with 0', async (t) => {
  const program = new URL('../../runtime/main.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--help'], { env: {} });
  t.equal(stdout, `${help}\n`);
});
