/** `captiond token`: prints a token that `AUTH_SECRET` signs. Asks nobody; the server need not run. */
import { parseArgs } from 'node:util';
import { exitCodeOf } from '../machines/errors.ts';
import { EVERY_SESSION, scopes as knownScopes } from './access/port.ts';
import type { Scope, TokenOrder } from './access/port.ts';
import { Tokens } from './access/tokens.ts';
import type { Environment } from './config.ts';
import { options } from './options.ts';
import { SLUG_PATTERN } from './slug.ts';

const DEFAULT_TTL = '1h';
const TTL_MAX_S = 3_650 * 86_400;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const usage = 'captiond token --session SLUG --scope publish,view,ai,admin --ttl 1h';

/** Where the token and complaints go. */
export interface TokenOutput {
  print: (line: string) => void;
  complain: (line: string) => void;
}

const standard: TokenOutput = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
};

/** Prints one line. Resolves with the exit code: 0, or 2 when something cannot be used, after all that is said. */
export async function printToken(args: readonly string[], env: Environment, output = standard): Promise<number> {
  const faults: string[] = [];
  const order = readOrder(args, faults);
  const secret = readSecret(env, faults);
  if (faults.length > 0 || secret === undefined) {
    output.complain(['captiond token:', ...faults.map((fault) => `  ${fault}`), `  usage: ${usage}`].join('\n'));
    return exitCodeOf('bad_options');
  }
  const { token } = await new Tokens(secret).issue(order);
  output.print(token);
  return 0;
}

function readSecret(env: Environment, faults: string[]): string | undefined {
  const given = env['AUTH_SECRET']?.trim() ?? '';
  if (given === '') {
    faults.push('AUTH_SECRET must be set, to what the server has: it signs the token');
    return undefined;
  }
  const parsed = options.AUTH_SECRET.parse(given);
  if (!parsed.ok) faults.push(`AUTH_SECRET must be ${parsed.expected}`);
  return parsed.ok ? parsed.value : undefined;
}

const known = { session: { type: 'string' }, scope: { type: 'string' }, ttl: { type: 'string' } } as const;

function readOrder(args: readonly string[], faults: string[]): TokenOrder {
  const { values, positionals } = parseArgs({ args: [...args], options: known, strict: false });
  const strange = [...Object.keys(values).filter((name) => !Object.hasOwn(known, name)), ...positionals];
  for (const word of strange) faults.push(`${word} is not known here`);
  const text = (name: keyof typeof known, missing = ''): string => {
    const value = values[name] ?? missing;
    return typeof value === 'string' ? value : '';
  };
  return {
    session: readSession(text('session'), faults),
    scopes: readScopes(text('scope'), faults),
    ttlS: readTtl(text('ttl', DEFAULT_TTL), faults),
  };
}

function readSession(given: string, faults: string[]): string {
  if (given !== EVERY_SESSION && !SLUG_PATTERN.test(given)) {
    faults.push('--session must be a slug (a-z, 0-9 and -), or * for every session');
  }
  return given;
}

function readScopes(given: string, faults: string[]): Scope[] {
  const words = given.split(/[\s,]+/).filter((word) => word !== '');
  const isGood = words.length > 0 && words.every((word) => knownScopes.some((scope) => scope === word));
  if (!isGood) faults.push(`--scope must be some of ${knownScopes.join(', ')}, between commas`);
  return knownScopes.filter((scope) => words.includes(scope));
}

function readTtl(given: string, faults: string[]): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(given) ?? [];
  const seconds = Number(count) * (unitSeconds[unit] ?? Number.NaN);
  if (!(seconds >= 1 && seconds <= TTL_MAX_S)) faults.push('--ttl must be a time such as 90s, 15m, 1h or 30d');
  return seconds;
}
