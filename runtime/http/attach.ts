/**
 * WebSocket upgrades: who may attach to a session, and how everybody else is told why not.
 *
 * Browsers cannot see the HTTP status of a refused upgrade. What a page must be able to react to (no such session, at
 * capacity, restarting, a query that makes no sense) is therefore said by accepting the socket and closing it with a
 * code; only what is no fault of a well-meant viewer is refused with a status.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { closeCodes } from '../../actors/wire/close-codes.ts';
import { parseAfter } from '../../actors/wire/cursor.ts';
import { SLUG_PATTERN } from '../slug.ts';
import type { SessionDirectory, ViewerRequest } from '../directory.ts';
import { errorAnswer, sendRaw } from './answer.ts';
import type { Answer } from './answer.ts';
import { decodeSegment, parseTarget } from './target.ts';
import type { Trust } from './trust.ts';

/** Subprotocol of the messages that this version speaks; none offered gives the old shape. */
export const SUBPROTOCOL = 'captiond.v2';
/** Longest message that a viewer may send; a longer one closes it (1009). */
export const VIEWER_MESSAGE_MAX_BYTES = 16_384;
/** Frames that one message may be split into, and pieces of the network's that may wait to become frames. */
const FRAGMENTS_MAX = 32;
const BUFFERED_CHUNKS_MAX = 256;
/** How long a closed viewer may take to answer the close before its connection is cut. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Sockets above MAX_VIEWERS that are accepted to be told so by a close code; further ones get a 503. */
export const REFUSED_SOCKETS_MAX = 100;

export interface AttachOptions {
  directory: SessionDirectory;
  maxViewers: number;
  trust: Trust;
  isDraining: () => boolean;
}

/** The WebSocket side of the listener. */
export interface Attach {
  /** Takes over the socket of an upgrade request. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Cuts every viewer's connection that is still open. */
  terminate(): void;
}

export function createAttach(options: AttachOptions): Attach {
  const server = new WebSocketServer(socketOptions());
  server.on('wsClientError', (error, socket) => {
    sendRaw(socket, errorAnswer('bad_request', { detail: `${error.message}.` }));
  });
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const wanted = readUpgrade(request, options.trust);
      if ('refusal' in wanted) return sendRaw(socket, wanted.refusal);
      const { size } = server.clients;
      if (size >= options.maxViewers + REFUSED_SOCKETS_MAX) return sendRaw(socket, errorAnswer('at_capacity'));
      const isFull = size >= options.maxViewers;
      server.handleUpgrade(request, socket, head, (viewer) => admit(viewer, { ...options, ...wanted, isFull }));
    },
    terminate: () => {
      for (const viewer of server.clients) viewer.terminate();
    },
  };
}

function socketOptions() {
  return {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: VIEWER_MESSAGE_MAX_BYTES,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: BUFFERED_CHUNKS_MAX,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  } as const;
}

interface Wanted {
  slug: string;
  query: URLSearchParams;
}

function readUpgrade({ url, headers }: IncomingMessage, trust: Trust): Wanted | { refusal: Answer } {
  const target = parseTarget(url);
  if (target === undefined) return { refusal: errorAnswer('bad_request') };
  if (!trust.acceptsHost(headers.host)) return { refusal: errorAnswer('host_refused') };
  const [, segment] = /^\/sessions\/([^/]+)\/live$/.exec(target.path) ?? [];
  if (segment === undefined) return { refusal: errorAnswer('not_found', { detail: 'No WebSocket is taken here.' }) };
  if (!trust.acceptsOrigin(headers.origin, headers.host)) return { refusal: errorAnswer('origin_refused') };
  const slug = decodeSegment(segment) ?? '';
  return SLUG_PATTERN.test(slug) ? { slug, query: target.query } : { refusal: errorAnswer('bad_slug') };
}

function admit(viewer: WebSocket, options: AttachOptions & Wanted & { isFull: boolean }): void {
  const { directory, slug, query, isDraining, isFull } = options;
  viewer.on('error', () => viewer.terminate());
  if (isDraining()) return viewer.close(closeCodes.serverRestarting, 'server_restarting');
  if (isFull) return viewer.close(closeCodes.atCapacity, 'at_capacity');
  const request = readQuery(viewer, query);
  if ('fault' in request) return viewer.close(closeCodes.policyViolation, request.fault);
  if (!directory.attach(slug, viewer, request)) viewer.close(closeCodes.noSuchSession, 'no_such_session');
}

/** `fault` is a close reason: at most 123 bytes (RFC 6455, section 5.5). */
function readQuery(viewer: WebSocket, query: URLSearchParams): ViewerRequest | { fault: string } {
  const version = viewer.protocol === SUBPROTOCOL ? 'v2' : 'v1';
  const partials = query.get('partials') ?? '1';
  if (!/^[01]$/.test(partials)) return { fault: 'bad_request: partials must be 0 or 1' };
  const language = query.get('language')?.toLowerCase();
  if (language !== undefined && !/^[a-z]{2,3}$/.test(language))
    return { fault: 'bad_request: language must be a code' };
  const given = query.get('after');
  const after = given === null ? undefined : parseAfter(given);
  if (given !== null && after === undefined) return { fault: 'bad_request: after must be EPOCH:OFFSET or 0' };
  return { version, after, partials: partials === '1', language };
}
