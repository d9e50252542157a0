/** The token in a page's own address: whatever the page asks for, it asks for with that. */

/** Undefined when the address has none. */
export function ownToken() {
  return new URLSearchParams(location.search).get('token') ?? undefined;
}

/** Subprotocols for a WebSocket: the one that is meant, and the token beside it. @param {string} protocol */
export function withOwnToken(protocol) {
  const token = ownToken();
  return token === undefined ? [protocol] : [protocol, `token.${token}`];
}

/** An address of this server, with the token. @param {string} path */
export function tokenedPath(path) {
  const token = ownToken();
  return token === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
}
