/** `GET /inspect/live?session=SLUG` on the admin listener: a session's machines as they run; `session=*`: which there are. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { closes } from '../../actors/wire/close-codes.ts';
import { Expiries } from '../access/expiry.ts';
import type { Denial, Grant } from '../access/port.ts';
import { challenged, errorAnswer, sendRaw } from '../http/answer.ts';
import type { Answer } from '../http/answer.ts';
import { parseTarget } from '../http/target.ts';
import type { Trust } from '../http/trust.ts';
import type { LiveSession } from '../live-session.ts';
import type { Registry } from '../registry.ts';
import { SessionStream } from './session-stream.ts';
import type { InspectClient } from './session-stream.ts';

export const INSPECT_SUBPROTOCOL = 'xstate-inspect.v1';
/** Those who watch at a time; a further one gets a 503. */
export const INSPECT_CLIENTS_MAX = 8;
/** Between two looks at which sessions there are. */
const LIST_EVERY_MS = 1_000;
/** Clients say nothing that is listened to. */
const CLIENT_MESSAGE_MAX_BYTES = 65_536;

const socketOptions = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: CLIENT_MESSAGE_MAX_BYTES,
  // The official clients offer none.
  handleProtocols: (offered: Set<string>) => (offered.has(INSPECT_SUBPROTOCOL) ? INSPECT_SUBPROTOCOL : false),
} as const;

export interface InspectLive {
  /** Takes over the socket of an upgrade request. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export interface InspectLiveOptions {
  registry: Pick<Registry, 'live' | 'liveSessions'>;
  trust: Trust;
  /** May whoever sent this watch? Never rejects. */
  access: (request: IncomingMessage) => Promise<Grant | Denial>;
}

export function createInspectLive({ registry, trust, access }: InspectLiveOptions): InspectLive {
  const expiries = new Expiries();
  const clients = new Set<WebSocket>();
  const streams = new WeakMap<LiveSession, SessionStream>();
  const server = new WebSocketServer(socketOptions);
  server.on('wsClientError', (_error, socket) => sendRaw(socket, errorAnswer('bad_request')));
  const serve = (client: WebSocket, slug: string, { expiresAtMs }: Grant): void => {
    clients.add(client);
    const { code, reason } = closes.tokenExpired;
    const forget = expiries.watch(client, expiresAtMs, () => client.close(code, reason));
    client.on('error', () => client.terminate());
    const leave = slug === '*' ? list(client, registry) : watch(client, registry.live(slug), streams);
    client.on('close', () => {
      clients.delete(client);
      forget();
      leave();
    });
  };
  const accept = ({ request, socket, head }: Upgrade, slug: string, verdict: Grant | Denial): void => {
    if (!verdict.allowed) return sendRaw(socket, challenged(errorAnswer(verdict.code)));
    if (slug !== '*' && registry.live(slug) === undefined) return sendRaw(socket, errorAnswer('no_such_session'));
    if (clients.size >= INSPECT_CLIENTS_MAX) return sendRaw(socket, errorAnswer('at_capacity'));
    server.handleUpgrade(request, socket, head, (client) => serve(client, slug, verdict));
  };
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const wanted = readUpgrade(request, trust);
      if ('refusal' in wanted) return sendRaw(socket, wanted.refusal);
      void access(request).then((verdict) => accept({ request, socket, head }, wanted.slug, verdict));
    },
    close: () => {
      for (const client of clients) client.terminate();
    },
  };
}

interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

function readUpgrade({ url, headers }: IncomingMessage, trust: Trust): { slug: string } | { refusal: Answer } {
  const target = parseTarget(url);
  const { host, origin } = headers;
  if (!trust.acceptsHost(host)) return { refusal: errorAnswer('host_refused') };
  if (!trust.acceptsOrigin(origin, host)) return { refusal: errorAnswer('origin_refused') };
  if (target === undefined) return { refusal: errorAnswer('bad_request') };
  if (target.path !== '/inspect/live') return { refusal: errorAnswer('not_found') };
  return { slug: target.query.get('session') ?? '*' };
}

function watch(client: WebSocket, session: LiveSession | undefined, streams: WeakMap<LiveSession, SessionStream>) {
  if (session === undefined) {
    client.close(1000);
    return () => {};
  }
  const stream = streams.get(session) ?? new SessionStream(session.actor);
  streams.set(session, stream);
  const watcher: InspectClient = {
    get bufferedAmount() {
      return client.bufferedAmount;
    },
    send: (text) => client.send(text, () => {}),
    close: () => client.close(1000),
  };
  stream.attach(watcher);
  return () => stream.detach(watcher);
}

/** Tells which sessions there are, and again when that has changed. */
function list(client: WebSocket, registry: Pick<Registry, 'liveSessions'>): () => void {
  let told = '';
  const tell = (): void => {
    const sessions = registry.liveSessions().map(({ slug, epoch, state, audio, startedAt, transcriber, channel }) => {
      return { slug, epoch, state, audio, startedAt, transcriber, viewers: channel.hub.size };
    });
    const text = JSON.stringify({ type: 'sessions', sessions });
    if (text === told || client.readyState !== WebSocket.OPEN || client.bufferedAmount > 0) return;
    told = text;
    client.send(text, () => {});
  };
  tell();
  const timer = setInterval(tell, LIST_EVERY_MS);
  return () => clearInterval(timer);
}
