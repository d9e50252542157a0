/**
 * Lines for the operator: JSON on stderr, or readable ones on a terminal.
 *
 * Every value passes the redactor. A warning or error that repeats itself is written once per window and then counted,
 * so that a storm neither fills a disk nor hides what else happened.
 */
import type { Log } from '../actors/ports.ts';
import { renderPretty } from './log-pretty.ts';
import type { Line, LogLevel } from './log-pretty.ts';
import { redactFields, redactText } from './redact.ts';
import { RepeatFilter } from './repeat-filter.ts';

type Fields = Record<string, unknown>;

/** A log whose lines carry bound fields, such as a session and its epoch. */
export interface RootLog extends Log {
  /** The same log with more fields on each line. */
  child(fields: Fields): RootLog;
  /** Writes the counts of repeats that are still held back. For the end of the program. */
  flush: () => void;
}

export interface LogOptions {
  /** The least level that is written. */
  level: LogLevel;
  /** Readable lines with colour instead of JSON. */
  pretty: boolean;
  /** Takes one line with its line feed; stderr unless given. Must not throw. */
  write?: (line: string) => void;
  /** Wall clock in milliseconds since 1970. */
  now?: () => number;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** The program's log. */
export function createLog(options: LogOptions): RootLog {
  const now = options.now ?? Date.now;
  const put = options.write ?? ((text: string) => void process.stderr.write(text));
  const render = options.pretty ? renderPretty : renderJson;
  const write = (line: Line): void => put(`${render(line)}\n`);
  const filter = new RepeatFilter<Line>((line, repeated) => {
    write({ ...line, atMs: now(), fields: { ...line.fields, repeated } });
  });
  const add = (line: Line): void => {
    filter.sweep(line.atMs);
    const isRepeatable = severity[line.level] >= severity.warn;
    if (!isRepeatable || filter.admits(keyOf(line), line, line.atMs)) write(line);
  };
  return bind({ add, flush: () => filter.flush(), least: severity[options.level], now }, {});
}

interface Sink {
  add: (line: Line) => void;
  flush: () => void;
  least: number;
  now: () => number;
}

function bind(sink: Sink, bound: Fields): RootLog {
  const at =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}): void => {
      if (severity[level] < sink.least) return;
      const line = { atMs: sink.now(), level, message: redactText(message) };
      sink.add({ ...line, fields: { ...bound, ...redactFields(fields) } });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => bind(sink, { ...bound, ...redactFields(fields) }),
    flush: sink.flush,
  };
}

/** The same line but for its time and its numbers (attempts, ports, byte counts). */
function keyOf(line: Line): string {
  const fields = JSON.stringify(line.fields, (_name, value: unknown) => (typeof value === 'number' ? 0 : value));
  return `${line.level} ${line.message} ${fields}`;
}

function renderJson({ atMs, level, message, fields }: Line): string {
  const head = { time: new Date(atMs).toISOString(), level, message };
  const rest = Object.entries(fields).map(([name, value]) => [name in head ? `field_${name}` : name, value]);
  return JSON.stringify({ ...head, ...(Object.fromEntries(rest) as Fields) });
}
