/** A log line for a person at a terminal: time of day, level in colour, message, fields. */
import { stripVTControlCharacters } from 'node:util';
import type { Config } from './config.ts';

export type LogLevel = Config['logLevel'];

/** One line before it is written; message and fields are redacted. */
export interface Line {
  /** Milliseconds since 1970. */
  atMs: number;
  level: LogLevel;
  message: string;
  fields: Record<string, unknown>;
}

const colour: Record<LogLevel, string> = { debug: '90', info: '36', warn: '33', error: '31' };

/** One line, plus the stack of an error on further lines. */
export function renderPretty({ atMs, level, message, fields }: Line): string {
  const time = new Date(atMs).toTimeString().slice(0, 8);
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${showValue(value)}`);
  const head = `\x1b[90m${time}\x1b[0m \x1b[${colour[level]}m${level.padEnd(5)}\x1b[0m ${harmless(message)}`;
  const tail = shown.length === 0 ? '' : `  \x1b[90m${shown.join(' ')}\x1b[0m`;
  return [head + tail, ...Object.values(fields).flatMap(stackLines)].join('\n');
}

function showValue(value: unknown): string {
  if (isErrorLike(value)) return JSON.stringify(`${harmless(value.name)}: ${harmless(value.message)}`);
  if (typeof value === 'string') return /^[\w.:/+@%–-]+$/.test(value) ? value : JSON.stringify(harmless(value));
  return harmless(JSON.stringify(value) ?? String(value));
}

function stackLines(value: unknown): string[] {
  if (!isErrorLike(value) || value.stack === undefined) return [];
  const calls = value.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return calls.map((line) => `\x1b[90m         ${harmless(line.trim())}\x1b[0m`);
}

/** What the redactor makes of an `Error`. */
function isErrorLike(value: unknown): value is { name: string; message: string; stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'name' in value && !Array.isArray(value);
}

/** Text from the network must not move the cursor or colour the screen. */
function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return stripVTControlCharacters(text).replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
}
