/**
 * Reads the environment by the option table (`options.ts`): every fault at once, before anything is started.
 *
 * An option that is not set, or set to nothing, has its default. What comes out is trusted everywhere else.
 */
import { isIP } from 'node:net';
import { intendedOption } from './misspelt.ts';
import type { Option, Optional, Parsed } from './option-kinds.ts';
import { optionRows, options } from './options.ts';
import type { OptionName } from './options.ts';
import { HIDDEN, redactText } from './redact.ts';

/** `RTMP_PORT` → `rtmpPort`. */
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<S>;

type Rows = typeof options;
type ValueOf<Row> = Row extends Option<infer Value> ? Value : never;
type NameOf<Kind> = { [Name in OptionName]: Rows[Name] extends Kind ? Name : never }[OptionName];
type OptionalName = NameOf<Optional<unknown>>;

/**
 * A value for every option, named in camel case (`rtmpPort` is RTMP_PORT); units are those of the name.
 * Options without a default are absent when they are not set.
 */
export type Config = {
  [Name in Exclude<OptionName, OptionalName> as CamelCase<Name>]: ValueOf<Rows[Name]>;
} & { [Name in OptionalName as CamelCase<Name>]?: ValueOf<Rows[Name]> };

/** A value that cannot be used. */
export interface Fault {
  name: OptionName;
  /** As it was set, shortened and redacted; secrets are never shown. */
  value: string;
  /** A sentence part: what the option must be, or what to do. */
  expected: string;
  /** Row of the error table. */
  code: 'bad_options' | 'language_not_supported';
}

/** `warnings` are sentences for the operator. */
export type ConfigResult =
  { ok: true; config: Config; warnings: string[] } | { ok: false; faults: Fault[]; warnings: string[] };

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every option checked: a config to trust, or all faults. */
export function readConfig(env: Environment): ConfigResult {
  const faults: Fault[] = [];
  const read: Partial<Record<OptionName, unknown>> = {};
  for (const [name, row] of optionRows) {
    const given = givenFor(env, name);
    const parsed = parseRow(row, given);
    if (parsed.ok) read[name] = parsed.value;
    else faults.push(faultOf(name, given, parsed.expected));
  }
  const config = toConfig(read);
  const isGuarded = isGiven(env, 'AUTH_SECRET') || isGiven(env, 'AUTH_HOOK_URL');
  faults.push(...listenerFaults(config, isGuarded), ...certificateFaults(config), ...engineFaults(config));
  faults.push(...callerFaults(config), ...webhookFaults(config));
  const warnings = [...misspeltNames(env), ...clearTextWarnings(config)];
  return faults.length === 0 ? { ok: true, config, warnings } : { ok: false, faults, warnings };
}

/** The faults for a terminal: one line each, after a line that counts them. */
export function describeFaults(faults: readonly Fault[]): string {
  const head = faults.length === 1 ? 'One option cannot be used:' : `${faults.length} options cannot be used:`;
  return [head, ...faults.map(({ name, value, expected }) => `  ${name}=${value}  ${expected}`)].join('\n');
}

function givenFor(env: Environment, name: OptionName): string {
  return env[name]?.trim() ?? '';
}

/** Is it set, to whatever? */
function isGiven(env: Environment, name: OptionName): boolean {
  return givenFor(env, name) !== '';
}

function parseRow(row: Option<unknown>, given: string): Parsed<unknown> {
  if (given === '') return row.fallback === undefined ? { ok: true, value: undefined } : row.parse(row.fallback);
  const parsed = row.parse(given);
  return parsed.ok ? parsed : { ok: false, expected: `must be ${parsed.expected}` };
}

/** Fields of options that could not be parsed are missing; `readConfig` gives the result away only without faults. */
function toConfig(read: Partial<Record<OptionName, unknown>>): Config {
  const fields: Record<string, unknown> = {};
  for (const [name] of optionRows) {
    if (read[name] !== undefined) fields[camelCase(name)] = read[name];
  }
  return fields as Config;
}

function camelCase(name: OptionName): string {
  return name.toLowerCase().replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** Longest part of a value that a fault repeats, in UTF-16 units. */
const SHOWN_VALUE_MAX = 80;

function faultOf(name: OptionName, given: string, expected: string): Fault {
  const row: Option<unknown> = options[name];
  const value = row.secret === true ? HIDDEN : redactText(given).slice(0, SHOWN_VALUE_MAX);
  return { name, value, expected, code: 'bad_options' };
}

// ── checks over several options ─────────────────────────────────────────────────────────────────────────────────────

function listenersOf(config: Partial<Config>) {
  return [
    { hostName: 'RTMP_HOST', host: config.rtmpHost, portName: 'RTMP_PORT', port: config.rtmpPort },
    { hostName: 'HTTP_HOST', host: config.httpHost, portName: 'HTTP_PORT', port: config.httpPort },
    { hostName: 'ADMIN_HOST', host: config.adminHost, portName: 'ADMIN_PORT', port: config.adminPort },
  ] as const;
}

/** @param isGuarded Somebody checks who comes, or would if its option were right. */
function listenerFaults(config: Partial<Config>, isGuarded: boolean): Fault[] {
  const listeners = listenersOf(config);
  const faults: Fault[] = [];
  for (const [index, listener] of listeners.entries()) {
    const { host, port, hostName, portName } = listener;
    if (!isGuarded && host !== undefined && !isLoopback(host)) faults.push(faultOf(hostName, host, offLoopback));
    const twin = listeners.slice(0, index).find((other) => port !== 0 && port !== undefined && other.port === port);
    if (twin && haveCommonAddress(twin.host, host)) {
      faults.push(faultOf(portName, String(port), `must be another port than ${twin.portName} has`));
    }
  }
  return faults;
}

const offLoopback =
  'must be a loopback address such as 127.0.0.1; to listen elsewhere AUTH_SECRET must be set (32 bytes or more, such as ' +
  'openssl rand -base64 32 makes), or AUTH_HOOK_URL: else whoever reaches the server publishes and reads';

/** A pair or nothing. */
function certificateFaults({ tlsCertFile, tlsKeyFile }: Partial<Config>): Fault[] {
  if ((tlsCertFile === undefined) === (tlsKeyFile === undefined)) return [];
  const missing = tlsCertFile === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE';
  return [faultOf(missing, '', 'must be set too: certificate and key go together')];
}

function clearTextWarnings(config: Partial<Config>): string[] {
  if (config.tlsCertFile !== undefined) return [];
  const open = listenersOf(config).flatMap(({ hostName, host }) =>
    host === undefined || isLoopback(host) ? [] : [`${hostName}=${host}`],
  );
  if (open.length === 0) return [];
  return [
    `Tokens and captions travel in clear, for everybody on the way to read: ${open.join(', ')} without TLS_CERT_FILE and ` +
      'TLS_KEY_FILE. Set them, or let nothing but a proxy that speaks TLS reach these ports.',
  ];
}

function isLoopback(host: string): boolean {
  const address = host.toLowerCase();
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === 'localhost' || address === '::1' || address.startsWith('::ffff:127.');
}

function haveCommonAddress(left: string | undefined, right: string | undefined): boolean {
  const everywhere = new Set(['0.0.0.0', '::']);
  return left === right || everywhere.has(left ?? '') || everywhere.has(right ?? '');
}

/** The engine that the options ask for. */
export function chosenEngine({ transcriber, gladiaApiKey }: Partial<Config>): 'gladia' | 'local' {
  if (transcriber !== 'auto') return transcriber ?? 'local';
  return gladiaApiKey === undefined ? 'local' : 'gladia';
}

/** The built-in engine writes invented English for other languages, so they are refused. */
function engineFaults(config: Partial<Config>): Fault[] {
  if (config.transcriber === 'gladia' && config.gladiaApiKey === undefined) {
    return [faultOf('GLADIA_API_KEY', '', 'must be set for TRANSCRIBER=gladia')];
  }
  const { languages } = config;
  const isEnglish = languages?.length === 1 && languages[0] === 'en';
  if (languages === undefined || isEnglish || chosenEngine(config) === 'gladia') return [];
  const expected = 'must be en: the built-in engine hears English only';
  return [{ ...faultOf('LANGUAGES', languages.join(','), expected), code: 'language_not_supported' }];
}

/** What the server's own caller lacks. */
function callerFaults({ aiMode, openaiBaseUrl, openaiApiKey, aiModel }: Partial<Config>): Fault[] {
  const needed = { OPENAI_BASE_URL: openaiBaseUrl, OPENAI_API_KEY: openaiApiKey, AI_MODEL: aiModel } as const;
  const names = Object.keys(needed) as (keyof typeof needed)[];
  if (aiMode !== 'server') return [];
  return names.filter((name) => needed[name] === undefined).map((name) => faultOf(name, '', neededByCaller));
}

const neededByCaller = 'must be set for AI_MODE=server';

function webhookFaults({ webhookUrl, webhookSecret }: Partial<Config>): Fault[] {
  if (webhookUrl === undefined || webhookSecret !== undefined) return [];
  return [faultOf('WEBHOOK_SECRET', '', 'must be set for WEBHOOK_URL')];
}

function misspeltNames(env: Environment): string[] {
  const names = optionRows.map(([name]) => name);
  return Object.keys(env).flatMap((name) => {
    const intended = intendedOption(name, names);
    return intended === undefined ? [] : [`${name} is not an option; did you mean ${intended}?`];
  });
}
