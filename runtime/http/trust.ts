/**
 * Which browsers may talk to the server.
 *
 * Two things are checked, because they stop two different pages:
 * - `Origin`, on WebSocket upgrades: a page of another site that connects from its visitor's browser. Browsers send the
 *   header on every upgrade and pages cannot forge it; programs that are no browsers send none and are let in.
 * - `Host`, on everything, while the server listens on loopback only: a page whose own name was made to resolve to
 *   127.0.0.1 (DNS rebinding). To its browser that page and this server are the same origin, so that `Origin` equals
 *   `Host` and a plain GET carries no `Origin` at all; only the name gives it away.
 *
 * Names that are trusted on loopback: those of the loopback address, HTTP_HOST, and the hosts of ALLOWED_ORIGINS (so
 * that a proxy in front may pass its public name on). Off loopback the server cannot know its names, so any is taken;
 * there it is tokens that keep strangers out.
 */
import { isIP } from 'node:net';

/** What the checks are made of. */
export interface TrustOptions {
  /** Where the server listens (HTTP_HOST). */
  listenHost: string;
  /** ALLOWED_ORIGINS; empty: own host alone. */
  allowedOrigins: readonly string[];
}

/** The two checks. */
export interface Trust {
  /** Is the server known by the name that the client used? */
  acceptsHost(host: string | undefined): boolean;
  /** May a request of this origin, sent to this host, attach? */
  acceptsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

export function createTrust({ listenHost, allowedOrigins }: TrustOptions): Trust {
  const listenName = nameOf(isIP(listenHost) === 6 ? `[${listenHost}]` : listenHost) ?? '';
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  const names = new Set([listenName, ...allowedOrigins.map((origin) => URL.parse(origin)?.hostname)]);
  const acceptsHost = (host: string | undefined): boolean => {
    const name = nameOf(host);
    if (name === undefined) return false;
    return !isLoopback(listenName) || isLoopback(name) || names.has(name);
  };
  const acceptsOrigin = (origin: string | undefined, host: string | undefined): boolean => {
    if (origin === undefined) return true;
    const url = URL.parse(origin);
    if (url === null || !/^https?:$/.test(url.protocol)) return false;
    if (origins.has(url.origin)) return true;
    return acceptsHost(host) && URL.parse(`${url.protocol}//${host}`)?.host === url.host;
  };
  return { acceptsHost, acceptsOrigin };
}

/** The name in a `Host` header or a bare host, as URLs write it; undefined when it is none. */
function nameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  return URL.parse(`http://${host}`)?.hostname;
}

/** Is it a name or an address of this machine alone (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3)? */
function isLoopback(name: string): boolean {
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || name.startsWith('[::ffff:7f');
}
