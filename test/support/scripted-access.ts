/** An `Access` whose tokens a test makes up. */
import { EVERY_SESSION } from '../../runtime/access/port.ts';
import type {
  Access,
  AccessRequest,
  Asked,
  Denial,
  Grant,
  IssuedToken,
  Scope,
  TokenOrder,
} from '../../runtime/access/port.ts';

export interface ScriptedToken {
  scopes: readonly Scope[];
  /** Of this session alone; undefined: of the whole server. */
  slug?: string;
  /** Milliseconds of the Unix epoch from which on it allows nothing. */
  expiresAtMs?: number;
}

/** Tokens by their text; what else is offered is refused: `expired`, `denied` and nothing at all with a code each. */
export class ScriptedAccess implements Access {
  readonly isOn = true;
  /** What was asked, in order. */
  readonly asked: AccessRequest[] = [];
  readonly #tokens: Readonly<Record<string, ScriptedToken>>;

  constructor(tokens: Readonly<Record<string, ScriptedToken>>) {
    this.#tokens = tokens;
  }

  check(request: AccessRequest): Promise<Grant | Denial> {
    this.asked.push(request);
    return Promise.resolve(this.#answer(request));
  }

  checkAny(asked: Asked): Promise<Grant | Denial> {
    const { slug } = (asked.token !== undefined && this.#tokens[asked.token]) || {};
    return this.check({ ...asked, slug });
  }

  /** One that says nothing. */
  issue({ ttlS, untilMs = Infinity }: TokenOrder): Promise<IssuedToken> {
    return Promise.resolve({ token: 'issued', expiresAtMs: Math.min(Date.now() + ttlS * 1_000, untilMs) });
  }

  #answer({ token, scope, slug }: AccessRequest): Grant | Denial {
    if (token === undefined) return { allowed: false, code: 'token_missing' };
    if (token === 'expired') return { allowed: false, code: 'token_expired' };
    if (token === 'denied') return { allowed: false, code: 'access_denied' };
    const known = Object.hasOwn(this.#tokens, token) ? this.#tokens[token] : undefined;
    if (known === undefined) return { allowed: false, code: 'token_invalid' };
    const { expiresAtMs } = known;
    const fits = (known.slug === undefined || known.slug === slug) && known.scopes.includes(scope);
    const grant = { allowed: true, session: known.slug ?? EVERY_SESSION, scopes: new Set(known.scopes) } as const;
    return fits
      ? { ...grant, ...(expiresAtMs !== undefined && { expiresAtMs }) }
      : { allowed: false, code: 'token_not_for_this' };
  }
}
