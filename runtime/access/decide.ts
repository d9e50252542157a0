/**
 * The answer to `port.ts`: by token where `AUTH_SECRET` is set, by the operator's own service where `AUTH_HOOK_URL` is set,
 * and by both where both are.
 *
 * With both, a token is needed for everything, and the service is asked as well about publishing and viewing. The service
 * alone is asked about everything; of what it allows nothing else follows, so that `ai` then is nobody's.
 */
import { EVERY_SESSION, openAccess, scopes as allScopes } from './port.ts';
import type { Access, AccessRequest, Denial, Grant, Scope } from './port.ts';
import type { Tokens } from './tokens.ts';

/** Asks the operator's service. Never rejects. */
export type Hook = (request: AccessRequest) => Promise<boolean>;

export interface AccessOptions {
  tokens: Tokens | undefined;
  hook: Hook | undefined;
}

/** Scopes that the service is asked about besides a token. */
const besidesToken: ReadonlySet<Scope> = new Set(['publish', 'view']);

export function createAccess({ tokens, hook }: AccessOptions): Access {
  if (tokens === undefined && hook === undefined) return openAccess;
  const decide = async (request: AccessRequest, isAny: boolean): Promise<Grant | Denial> => {
    const granted = tokens === undefined ? unproven(request) : await byToken(tokens, request, isAny);
    if (!granted.allowed || hook === undefined) return granted;
    if (tokens !== undefined && !besidesToken.has(request.scope)) return granted;
    const slug = request.slug ?? (granted.session === EVERY_SESSION ? undefined : granted.session);
    return (await hook({ ...request, slug })) ? granted : { allowed: false, code: 'access_denied' };
  };
  return {
    isOn: true,
    ...(tokens !== undefined && { issue: (order) => tokens.issue(order) }),
    check: (request) => decide(request, false),
    checkAny: (asked) => decide({ ...asked, slug: undefined }, true),
  };
}

/** What is granted when the service says yes. */
function unproven({ scope, slug = EVERY_SESSION }: AccessRequest): Grant {
  return { allowed: true, session: slug, scopes: new Set(scope === 'admin' ? allScopes : [scope]) };
}

async function byToken(tokens: Tokens, { token, scope, slug }: AccessRequest, isAny: boolean): Promise<Grant | Denial> {
  if (token === undefined || token === '') return { allowed: false, code: 'token_missing' };
  const claims = await tokens.read(token);
  if (typeof claims === 'string') return { allowed: false, code: claims };
  const { session, expiresAtMs } = claims;
  const isForThis = isAny || session === EVERY_SESSION || session === slug;
  const scopes = claims.scopes.has('admin') ? new Set(allScopes) : claims.scopes;
  if (!isForThis || !scopes.has(scope)) return { allowed: false, code: 'token_not_for_this' };
  return { allowed: true, session, scopes, expiresAtMs };
}
