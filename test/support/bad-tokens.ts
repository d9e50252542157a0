/** Tokens as nobody should get in with, and the one that is right. */
import { createHmac, randomUUID } from 'node:crypto';
import { Tokens } from '../../runtime/access/tokens.ts';
import type { Scope } from '../../runtime/access/port.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';

export const SECRET = 'a-secret-of-the-tests-with-enough-bytes';
const HOUR_S = 3_600;

const nowS = (): number => Math.floor(Date.now() / 1_000);

/** A token of `SECRET`, good for an hour unless told otherwise. */
export async function tokenFor(session: string, scopes: readonly Scope[], ttlS = HOUR_S): Promise<string> {
  return (await new Tokens(SECRET).issue({ session, scopes, ttlS })).token;
}

/** A signed token of any header and claims. */
export function sign(header: object, claims: object, secret = SECRET, hash = 'sha256'): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** Claims as the server writes them. */
export function claimsFor(session: string, scope: string): Record<string, unknown> {
  return { session, scope, aud: 'captiond', iat: nowS(), exp: nowS() + HOUR_S, jti: randomUUID() };
}

export interface BadToken {
  name: string;
  token: string | undefined;
  code: 'token_missing' | 'token_invalid' | 'token_expired' | 'token_not_for_this';
}

/** One of each fault, for whoever wants `scope` of `session`; `otherScope` is one that does not hold it. */
export function badTokens(session: string, scope: Scope, otherScope: Scope): BadToken[] {
  const good = claimsFor(session, scope);
  const { exp: _exp, ...endless } = good;
  const header = { alg: 'HS256', typ: 'JWT' };
  const unsigned = sign({ alg: 'none' }, good).replace(/\.[^.]*$/, '.');
  const invalid = {
    garbage: 'not-a-token',
    'no signature': unsigned,
    'alg none, signed': sign({ alg: 'none' }, good),
    'another algorithm': sign({ alg: 'HS512', typ: 'JWT' }, good, SECRET, 'sha512'),
    'another secret': sign(header, good, 'another-secret-of-the-tests-with-enough-bytes'),
    'another audience': sign(header, { ...good, aud: 'elsewhere' }),
    'without an end': sign(header, endless),
    'too long': sign(header, { ...good, pad: 'x'.repeat(1_600) }),
    'a session that is no slug': sign(header, { ...good, session: '../talk' }),
  };
  return [
    { name: 'missing', token: undefined, code: 'token_missing' },
    ...Object.entries(invalid).map(([name, token]): BadToken => ({ name, token, code: 'token_invalid' })),
    { name: 'expired', token: sign(header, { ...good, exp: nowS() - 1 }), code: 'token_expired' },
    { name: 'other slug', token: sign(header, claimsFor('other', scope)), code: 'token_not_for_this' },
    { name: 'other scope', token: sign(header, claimsFor(session, otherScope)), code: 'token_not_for_this' },
  ];
}

/** HTTP status and close code that a refusal has. */
export const statusOf = {
  token_missing: 401,
  token_invalid: 401,
  token_expired: 401,
  token_not_for_this: 403,
} as const;
export const closeOf = {
  token_missing: 4001,
  token_invalid: 4001,
  token_expired: 4001,
  token_not_for_this: 4003,
} as const;

/** A server that wants tokens of `SECRET`. */
export const guarded = (more: Record<string, string> = {}): Promise<TestServer> =>
  startServer({ AUTH_SECRET: SECRET, TRANSCRIBER: 'local', ...more });

/** The token as a query, or as a header. */
export const queryOf = (token: string | undefined): string => (token === undefined ? '' : `?token=${token}`);
export const bearerOf = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
