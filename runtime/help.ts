/** The option table as people read it: `captiond --help` and the table of `README.md`. */
import type { Option } from './option-kinds.ts';
import { openTelemetryRow, optionRows } from './options.ts';

/** Widest line of the help text. */
export const HELP_COLUMNS = 100;

const commands: [command: string, meaning: string][] = [
  ['captiond serve', 'the server; prints where to publish and where to watch (npm start)'],
  ['captiond demo', 'the server with recorded speech published to it; no key, no encoder needed (npm run demo)'],
  [
    'captiond doctor',
    'checks ffmpeg, engine, model, ports, data folder, credentials; says what is missing and how to get it',
  ],
  [
    'captiond export',
    'what the session log holds, as lines of JSON (--session SLUG: of that name); --backup FILE: a copy of the log',
  ],
  [
    'captiond token',
    'prints a signed token: --session SLUG (or *) --scope publish,view,ai,admin --ttl 1h (s, m, h, d)',
  ],
  ['captiond --help', 'this text'],
];

const exitCodes = '0 stopped as asked, 1 failed, 2 wrong options, 3 a port is taken';

/** `captiond --help`, without a line feed at the end. */
export function helpText(): string {
  return [
    'captiond: live transcription of what is published over RTMP.',
    '',
    'Commands',
    ...commands.flatMap(([command, meaning]) => entry(command, meaning)),
    '',
    'Options (environment variables; one that is not set or empty has its default)',
    ...optionEntries().flatMap(({ name, note, meaning }) => entry(name, `${meaning}${note}`)),
    '',
    `Exit codes: ${exitCodes}.`,
  ].join('\n');
}

/** The table of `README.md`. */
export function optionTableMarkdown(): string {
  const rows = optionEntries().map(
    ({ name, fallback, range, meaning }) => `| \`${name}\` | ${code(fallback)} | ${range} | ${meaning} |`,
  );
  return ['| name | default | range | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

interface OptionEntry {
  name: string;
  fallback: string;
  range: string;
  meaning: string;
  /** Default and range in brackets. */
  note: string;
}

function optionEntries(): OptionEntry[] {
  const entries = optionRows.map(([name, row]) => toEntry(name, row));
  return [...entries, { ...openTelemetryRow, fallback: '–', range: '', note: '' }];
}

function toEntry(name: string, row: Option<unknown>): OptionEntry {
  const fallback = row.fallbackShown ?? row.fallback ?? '–';
  const parts = [fallback === '–' ? '' : `default ${fallback}`, row.range].filter((part) => part !== '');
  const note = parts.length === 0 ? '' : ` (${parts.join('; ')})`;
  return { name, fallback, range: row.range, meaning: row.meaning, note };
}

function code(fallback: string): string {
  return fallback === '–' || fallback.includes(' ') || ['found', 'all'].includes(fallback)
    ? fallback
    : `\`${fallback}\``;
}

const NAME_COLUMNS = 28;

/** A name and its text, wrapped and indented. */
function entry(name: string, meaning: string): string[] {
  const lines = wrap(meaning, HELP_COLUMNS - NAME_COLUMNS - 2);
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(NAME_COLUMNS)}${line}`);
}

function wrap(words: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
