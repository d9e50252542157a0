/**
 * Who may do what: the one question that every listener asks before it does anything for a stranger.
 *
 * Without `AUTH_SECRET` and `AUTH_HOOK_URL` every listener is on loopback and the answer is `openAccess`.
 */
import type { ErrorCode } from '../../machines/errors.ts';

/** What a token may allow. `admin` allows everything of its sessions. */
export const scopes = ['publish', 'view', 'ai', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Stands for every session, and for the server as a whole. */
export const EVERY_SESSION = '*';

/** How the stranger came. */
export type AccessProtocol = 'rtmp' | 'websocket' | 'http';

/** What a stranger shows of itself, as it was sent. Never logged. */
export interface Credentials {
  token: string | undefined;
  /** Of a Basic credential, or `user` and `pass` of the query; for the service that decides. */
  user?: string | undefined;
  password?: string | undefined;
  /** Without its question mark; for the service that decides. */
  query?: string | undefined;
}

/** Who asks for what, whichever session. */
export interface Asked extends Credentials {
  scope: Scope;
  remoteAddress: string;
  protocol: AccessProtocol;
}

export interface AccessRequest extends Asked {
  /** The session that is asked for; undefined: the server as a whole, which only a token for `*` covers. */
  slug: string | undefined;
}

/** Yes. */
export interface Grant {
  allowed: true;
  /** The session that it is for, or `*`. */
  session: string;
  /** What else the same token allows of it. */
  scopes: ReadonlySet<Scope>;
  /** Milliseconds of the Unix epoch from which on it allows nothing; missing: never. */
  expiresAtMs?: number;
}

/** Rows of the error table that say why not. */
export const denialCodes = [
  'token_missing',
  'token_invalid',
  'token_expired',
  'token_not_for_this',
  'access_denied',
] as const satisfies readonly ErrorCode[];

/** No, and why. */
export interface Denial {
  allowed: false;
  code: (typeof denialCodes)[number];
}

/** Is told of each no. */
export type OnRefusal = (scope: Scope, code: Denial['code']) => void;

/** What a token is to allow. */
export interface TokenOrder {
  /** A slug, or `*`. */
  session: string;
  scopes: readonly Scope[];
  /** Seconds until it expires. */
  ttlS: number;
  /** Milliseconds of the Unix epoch beyond which it is not to live, whatever `ttlS` says. */
  untilMs?: number | undefined;
}

/** A token, and when it expires in milliseconds of the Unix epoch. */
export interface IssuedToken {
  token: string;
  expiresAtMs: number;
}

export interface Access {
  /** Does anybody have to show anything? */
  readonly isOn: boolean;
  /** Makes a token; missing: there is no `AUTH_SECRET` to sign it with. */
  readonly issue?: (order: TokenOrder) => Promise<IssuedToken>;
  /** Never rejects: what cannot be decided is a no. */
  check(request: AccessRequest): Promise<Grant | Denial>;
  /** To be told of a no that a route finds by itself, in what a grant does not cover. */
  readonly onRefusal?: OnRefusal;
  /** For lists: is this allowed of any session? The grant says of which. */
  checkAny(request: Asked): Promise<Grant | Denial>;
}

/** Is the grant for this session? */
export function covers({ session }: Grant, slug: string): boolean {
  return session === EVERY_SESSION || session === slug;
}

const everything: Grant = { allowed: true, session: EVERY_SESSION, scopes: new Set(scopes) };

/** Everybody may do everything; for listeners on loopback. */
export const openAccess: Access = {
  isOn: false,
  check: () => Promise.resolve(everything),
  checkAny: () => Promise.resolve(everything),
};
