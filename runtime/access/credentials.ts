/** Where a request over HTTP carries its credential: header, subprotocol of a WebSocket, query. The first of them counts. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from './port.ts';

/** Browsers cannot set headers on a WebSocket, but can offer a subprotocol `token.…` beside the one that they mean. */
const TOKEN_PROTOCOL = 'token.';

/** @param query Of the address; its `token`, `user` and `pass` count when no header says otherwise. */
export function credentialsOf(headers: IncomingHttpHeaders, query: URLSearchParams): Credentials {
  const { authorization = '', 'sec-websocket-protocol': offered = '' } = headers;
  const [, bearer] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  const protocol = offered.split(',').map((each) => each.trim());
  const inProtocol = protocol.find((each) => each.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  const token = bearer ?? inProtocol ?? query.get('token') ?? undefined;
  return { token, ...basic(authorization), query: String(query) };
}

/** User and password of RFC 7617. */
function basic(authorization: string): Pick<Credentials, 'user' | 'password'> {
  const [, encoded] = /^basic +([\w+/]+=*)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return {};
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0 ? {} : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
