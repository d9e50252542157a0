/**
 * Tokens: JWT signed with HMAC-SHA256 by `AUTH_SECRET` (RFC 7519, with the advice of RFC 8725).
 *
 * The algorithm and the audience are pinned, a token always expires, and whatever cannot be read is `token_invalid`,
 * whatever is wrong with it. `exp` is exact, since viewers are closed by it: a token is no good to come with from the
 * moment on at which it is no good to stay with. A clock that was set back is forgiven: `iat` and `nbf` may lie
 * `CLOCK_LEEWAY_S` ahead.
 */
import { createSecretKey, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { SLUG_PATTERN } from '../slug.ts';
import { EVERY_SESSION, scopes as knownScopes } from './port.ts';
import type { IssuedToken, Scope, TokenOrder } from './port.ts';

export const AUDIENCE = 'captiond';
const ALGORITHM = 'HS256';
/** A longer text is not even looked at. */
export const TOKEN_MAX_CHARACTERS = 2_048;
export const CLOCK_LEEWAY_S = 30;

/** What a token says, checked. */
export interface TokenClaims {
  /** A slug, or `*`. */
  session: string;
  scopes: ReadonlySet<Scope>;
  /** Milliseconds of the Unix epoch. */
  expiresAtMs: number;
}

export class Tokens {
  readonly #key: KeyObject;
  readonly #nowMs: () => number;

  /** @param secret At least 32 bytes as UTF-8. @param nowMs Milliseconds of the Unix epoch. */
  constructor(secret: string, nowMs: () => number = Date.now) {
    this.#key = createSecretKey(secret, 'utf8');
    this.#nowMs = nowMs;
  }

  async issue({ session, scopes, ttlS, untilMs = Infinity }: TokenOrder): Promise<IssuedToken> {
    const nowS = Math.floor(this.#nowMs() / 1_000);
    const expiresAtS = Math.min(nowS + ttlS, Math.floor(untilMs / 1_000));
    const token = await new SignJWT({ session, scope: scopes.join(' ') })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setAudience(AUDIENCE)
      .setIssuedAt(nowS)
      .setExpirationTime(expiresAtS)
      .setJti(randomUUID())
      .sign(this.#key);
    return { token, expiresAtMs: expiresAtS * 1_000 };
  }

  /** Never rejects. */
  async read(token: string): Promise<TokenClaims | 'token_invalid' | 'token_expired'> {
    if (token.length > TOKEN_MAX_CHARACTERS) return 'token_invalid';
    const nowMs = this.#nowMs();
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        audience: AUDIENCE,
        requiredClaims: ['exp', 'iat', 'jti'],
        clockTolerance: CLOCK_LEEWAY_S,
        currentDate: new Date(nowMs),
      });
      const claims = parseClaims(payload, nowMs);
      return claims !== undefined && claims.expiresAtMs <= nowMs ? 'token_expired' : (claims ?? 'token_invalid');
    } catch (error) {
      return error instanceof joseErrors.JWTExpired ? 'token_expired' : 'token_invalid';
    }
  }
}

function parseClaims(payload: JWTPayload, nowMs: number): TokenClaims | undefined {
  const { session, scope, exp = 0, iat = 0 } = payload;
  if (typeof session !== 'string' || typeof scope !== 'string') return undefined;
  if (session !== EVERY_SESSION && !SLUG_PATTERN.test(session)) return undefined;
  if (iat > nowMs / 1_000 + CLOCK_LEEWAY_S) return undefined;
  const words = new Set(scope.split(' '));
  return { session, scopes: new Set(knownScopes.filter((known) => words.has(known))), expiresAtMs: exp * 1_000 };
}
