/**
 * Who may do what: the one question that every listener asks before it does anything for a stranger.
 *
 * Without `AUTH_SECRET` every listener is on loopback and the answer is `openAccess`.
 */
import type { ErrorCode } from '../../machines/errors.ts';

/** What a token may allow. `admin` allows everything of its sessions. */
export type Scope = 'publish' | 'view' | 'ai' | 'admin';

/** How the stranger came. */
export type AccessProtocol = 'rtmp' | 'websocket' | 'http';

export interface AccessRequest {
  scope: Scope;
  /** The session that is asked for; undefined: the server as a whole. */
  slug: string | undefined;
  /** As it was sent; never logged. */
  token: string | undefined;
  remoteAddress: string;
  protocol: AccessProtocol;
}

/** Yes. */
export interface Grant {
  allowed: true;
  /** What else the same token allows of this session. */
  scopes: ReadonlySet<Scope>;
  /** Milliseconds of the Unix epoch from which on it allows nothing; missing: never. */
  expiresAtMs?: number;
}

/** No, with the row of the error table that says why. */
export interface Denial {
  allowed: false;
  code: Extract<
    ErrorCode,
    'token_missing' | 'token_invalid' | 'token_expired' | 'token_not_for_this' | 'access_denied'
  >;
}

export interface Access {
  /** Are tokens needed at all? */
  readonly isOn: boolean;
  /** Never rejects: what cannot be decided is a no. */
  check(request: AccessRequest): Promise<Grant | Denial>;
}

const everything: Grant = { allowed: true, scopes: new Set(['publish', 'view', 'ai', 'admin'] as const) };

/** Everybody may do everything; for listeners on loopback. */
export const openAccess: Access = { isOn: false, check: () => Promise.resolve(everything) };
