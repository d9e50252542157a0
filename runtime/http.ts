/**
 * The HTTP listener: pages, API and the viewers' WebSockets, for whoever reaches it.
 *
 * No request can make it throw: a fault of the request is an answer, a fault of ours is a 500 and a log line.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../actors/ports.ts';
import { Expiries } from './access/expiry.ts';
import { openAccess } from './access/port.ts';
import type { Access } from './access/port.ts';
import type { Config } from './config.ts';
import type { SessionControl, SessionDirectory } from './directory.ts';
import { errorAnswer, send, sendRaw } from './http/answer.ts';
import type { Answer } from './http/answer.ts';
import { createAttach, REFUSED_SOCKETS_MAX } from './http/attach.ts';
import type { Attach } from './http/attach.ts';
import { readBody } from './http/body.ts';
import { Places } from './http/places.ts';
import type { Readiness } from './http/readiness.ts';
import { route } from './http/routes.ts';
import type { RouteOptions } from './http/routes.ts';
import { createTrust } from './http/trust.ts';
import type { Trust } from './http/trust.ts';
import { loadPages } from './pages.ts';

/** Bounds on one connection; a client that exceeds one gets 408 or 431 and is cut. */
export const httpLimits = {
  /** From the connection, or the request before, until the last header. */
  headersTimeoutMs: 10_000,
  /** From the first byte of a request to its last. */
  requestTimeoutMs: 15_000,
  /** How long a connection may idle between two requests. */
  keepAliveTimeoutMs: 5_000,
  /** How often the timeouts above are looked at. */
  checkIntervalMs: 1_000,
  headerMaxBytes: 16_384,
  headersMax: 100,
} as const;

/** Connections beyond viewers and refused viewers: pages, API, probes. Further ones are not accepted. */
const OTHER_CONNECTIONS_MAX = 1_000;
/** How long `close` lets requests in flight finish. */
const CLOSE_TIMEOUT_MS = 500;

export interface HttpServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  directory: SessionDirectory;
  /** Without it sessions can only be read. */
  control?: SessionControl;
  /** Can sessions be taken? A `reason` of `server_draining` turns new viewers away, to come back later. */
  readiness: () => Readiness;
  /** Where publishers connect, for the home page; undefined until it is known. */
  publishAddress: () => { host: string; port: number } | undefined;
  limits: Pick<Config, 'maxViewers' | 'allowedOrigins'>;
  /** Who may view; everybody unless given. */
  access?: Access;
  log: Log;
  /** Other bounds than the usual ones. */
  timing?: Partial<Record<keyof typeof httpLimits, number>>;
}

/** A listener that is listening. */
export interface HttpServer {
  /** As asked for, with the real port. */
  address: { host: string; port: number };
  /** Stops listening and ends idle connections at once, what remains after a bounded time. Idempotent. */
  close(): Promise<void>;
}

/** Listens; rejects with what made that fail (`EADDRINUSE` and its like). */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, directory, readiness, limits, access = openAccess } = options;
  const trust = createTrust({ listenHost: host, allowedOrigins: limits.allowedOrigins });
  const pages = await loadPages({ publishAddress: options.publishAddress, allowedOrigins: limits.allowedOrigins });
  const isDraining = (): boolean => readiness().reason === 'server_draining';
  const places = new Places(limits.maxViewers);
  const attach = createAttach({ directory, places, trust, isDraining, access, expiries: new Expiries() });
  const server = createServer(serverOptions(options.timing));
  server.maxHeadersCount = httpLimits.headersMax;
  server.maxConnections = limits.maxViewers + REFUSED_SOCKETS_MAX + OTHER_CONNECTIONS_MAX;
  const shown = { directory, pages, readiness, places, control: options.control };
  server.on('request', answerRequests(shown, trust, options.log));
  server.on('upgrade', guardUpgrades(attach, options.log));
  server.on('clientError', refuseMalformed);
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error) => options.log.error('the HTTP listener failed', { error: String(error) }));
  const closed = Promise.withResolvers<void>();
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    close: () => {
      shutDown(server, attach, closed.resolve);
      return closed.promise;
    },
  };
}

function serverOptions(timing: HttpServerOptions['timing']) {
  const limits = { ...httpLimits, ...timing };
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    maxHeaderSize: limits.headerMaxBytes,
    noDelay: true,
    /** RFC 9110, section 7.8: other protocols than WebSocket are ignored and the request is answered as it is. */
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  };
}

function answerRequests(options: RouteOptions, trust: Trust, log: Log) {
  const isProbe = (url: string | undefined): boolean => url === '/healthz' || url === '/readyz';
  const takesBody = (method: string, url = ''): boolean => method === 'POST' && /^\/sessions(\?|$)/.test(url);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method = '', url, headers } = request;
    const isKnown = isProbe(url) || trust.acceptsHost(headers.host);
    if (!isKnown) return options.pages.shown(errorAnswer('host_refused'), headers);
    if (!/^(POST|PUT|PATCH|DELETE)$/.test(method)) return route({ method, url, headers }, options);
    // A page of another site may send these from its visitor's browser.
    if (!trust.acceptsOrigin(headers.origin, headers.host)) return errorAnswer('origin_refused');
    if (!takesBody(method, url)) return route({ method, url, headers }, options);
    const body = await readBody(request);
    return body === undefined ? errorAnswer('body_too_large') : route({ method, url, headers, body }, options);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers } = request;
    response.on('error', () => response.destroy());
    if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') {
      response.shouldKeepAlive = false;
    }
    answer(request).then(
      (made) => send(response, sharedWith(headers, made, trust)),
      (error: unknown) => {
        log.error('a request could not be answered', { method, url, error: String(error) });
        if (response.headersSent) response.destroy();
        else send(response, errorAnswer('failed'));
      },
    );
  };
}

/** Lets pages of the origins that may attach read what they asked for (Fetch standard, section 3.2). */
function sharedWith({ origin, host }: IncomingHttpHeaders, answer: Answer, trust: Trust): Answer {
  if (origin === undefined || !trust.acceptsOrigin(origin, host)) return answer;
  return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': origin, vary: 'Origin' } };
}

function guardUpgrades(attach: Attach, log: Log) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    try {
      attach.upgrade(request, socket, head);
    } catch (error) {
      log.error('an upgrade could not be answered', { url: request.url, error: String(error) });
      socket.destroy();
    }
  };
}

const statusOfFault: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  if (error.code === 'ECONNRESET') return void socket.destroy();
  sendRaw(socket, errorAnswer('bad_request', { status: statusOfFault[error.code ?? ''] ?? 400 }));
}

function shutDown(server: Server, attach: Attach, done: () => void): void {
  if (!server.listening) return;
  const deadline = setTimeout(() => {
    attach.terminate();
    server.closeAllConnections();
  }, CLOSE_TIMEOUT_MS);
  server.close(() => {
    clearTimeout(deadline);
    done();
  });
}
