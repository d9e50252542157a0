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
import { errors } from '../../machines/errors.ts';
import type { LimitName, OnLimit } from '../../actors/limit-names.ts';
import { SocketLine } from '../../actors/viewers/socket-line.ts';
import { closeCodes, closes } from '../../actors/wire/close-codes.ts';
import { credentialsOf } from '../access/credentials.ts';
import type { Expiries } from '../access/expiry.ts';
import type { Access, Denial, Grant } from '../access/port.ts';
import type { SessionDirectory } from '../directory.ts';
import { SLUG_PATTERN } from '../slug.ts';
import { errorAnswer, sendRaw } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Places } from './places.ts';
import { decodeSegment, parseTarget } from './target.ts';
import type { Trust } from './trust.ts';
import { readViewerRequest } from './viewer-request.ts';

/** Subprotocol of the messages that this version speaks; none offered gives the old shape. */
export const SUBPROTOCOL = 'captiond.v2';
/** Longest message that a viewer may send; a longer one closes it (1009). */
export const VIEWER_MESSAGE_MAX_BYTES = 16_384;
/** Frames that one message may be split into, and pieces of the network's that may wait to become frames. */
export const FRAGMENTS_MAX = 32;
export const BUFFERED_CHUNKS_MAX = 256;
/** How long a closed viewer may take to answer the close before its connection is cut. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Upgrades that wait for the answer whether they are allowed; further ones get a 503. */
const UNDECIDED_MAX = 1_000;
/** Sockets above MAX_VIEWERS that are accepted to be told so by a close code; further ones get a 503. */
export const REFUSED_SOCKETS_MAX = 100;

/** What `ws` ends a connection for, where it is a limit. */
const limitOfFault: Readonly<Record<string, LimitName>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'viewer_message_bytes',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'viewer_fragments',
};

/** Ends a connection whose frames cannot be read; shared by all. */
function failing(onLimit: OnLimit | undefined) {
  return function failed(this: WebSocket, { code = '' }: NodeJS.ErrnoException): void {
    const limit = limitOfFault[code];
    if (limit !== undefined) onLimit?.(limit);
    this.terminate();
  };
}

export interface AttachOptions {
  directory: SessionDirectory;
  places: Places;
  trust: Trust;
  isDraining: () => boolean;
  access: Access;
  expiries: Expiries;
  onLimit?: OnLimit | undefined;
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
  const onError = failing(options.onLimit);
  const [viewers, refused] = [new Set<WebSocket>(), new Set<WebSocket>()];
  let undecided = 0;
  function left(this: WebSocket): void {
    refused.delete(this);
    if (viewers.delete(this)) options.places.release(this);
  }
  const accept = ({ request, socket, head }: Upgrade, admitted: Admitted): void => {
    server.handleUpgrade(request, socket, head, (viewer) => {
      viewer.on('close', left).on('error', onError);
      if (!admit({ viewer, stream: socket }, { ...options, ...admitted })) refused.add(viewer);
      else {
        options.places.take(viewer, socket);
        viewers.add(viewer);
      }
    });
  };
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', destroyOnError);
      const wanted = readUpgrade(request, options.trust);
      if ('refusal' in wanted) return sendRaw(socket, wanted.refusal);
      const isFull = refused.size >= REFUSED_SOCKETS_MAX || undecided >= UNDECIDED_MAX;
      if (isFull) return sendRaw(socket, errorAnswer('at_capacity'));
      undecided += 1;
      void verdictOn(request, wanted, options.access)
        .then((verdict) => accept({ request, socket, head }, { ...wanted, verdict }))
        .catch(() => socket.destroy())
        .finally(() => (undecided -= 1));
    },
    terminate: () => {
      for (const viewer of [...viewers, ...refused]) viewer.terminate();
    },
  };
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}

function socketOptions() {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: VIEWER_MESSAGE_MAX_BYTES,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: BUFFERED_CHUNKS_MAX,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  } as const;
}

interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

interface Wanted {
  slug: string;
  query: URLSearchParams;
}

interface Admitted extends Wanted {
  verdict: Grant | Denial;
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

/** Every upgrade is asked about, a resumption like any other. */
function verdictOn(request: IncomingMessage, { slug, query }: Wanted, access: Access): Promise<Grant | Denial> {
  const { headers, socket } = request;
  const remoteAddress = socket.remoteAddress ?? '';
  const asked = { scope: 'view', slug, remoteAddress, protocol: 'websocket' } as const;
  return access.check({ ...asked, ...credentialsOf(headers, query) });
}

/** False when it was closed with the reason instead. */
function admit({ viewer, stream }: { viewer: WebSocket; stream: Duplex }, options: AttachOptions & Admitted): boolean {
  const { directory, slug, query, verdict, isDraining, places, expiries } = options;
  const refuse = (code: number, reason: string): false => {
    viewer.close(code, reason);
    return false;
  };
  if (!verdict.allowed) return refuse(errors[verdict.code].closeCode ?? closeCodes.tokenMissing, verdict.code);
  if (isDraining()) return refuse(closeCodes.serverRestarting, 'server_restarting');
  if (places.refuses(stream)) return refuse(closeCodes.atCapacity, 'at_capacity');
  const request = readViewerRequest(query);
  if ('fault' in request) return refuse(closeCodes.policyViolation, request.fault);
  const line = new SocketLine(viewer, stream, viewer.protocol === SUBPROTOCOL ? 'v2' : 'v1');
  const isAttached = directory.attach(slug, line, { ...request, scopes: verdict.scopes });
  if (!isAttached) return refuse(closeCodes.noSuchSession, 'no_such_session');
  if (verdict.expiresAtMs !== undefined) {
    viewer.once(
      'close',
      expiries.watch(viewer, verdict.expiresAtMs, () => line.end(closes.tokenExpired)),
    );
  }
  return true;
}
