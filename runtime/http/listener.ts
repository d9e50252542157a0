/** The listening server below the routes: Node's own, with its bounds, so that it can be put behind TLS in one place. */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebServer } from '../certificates.ts';
import type { Certificates } from '../certificates.ts';
import { errorAnswer, sendRaw } from './answer.ts';

/** Bounds on one connection; a client that exceeds one gets 408 or 431 and is cut. */
export const httpLimits = {
  /** From the connection, or the request before, until the last header. */
  headersTimeoutMs: 10_000,
  /** From the first byte of a request to its last. */
  requestTimeoutMs: 15_000,
  /** How long a connection may idle between two requests. */
  keepAliveTimeoutMs: 5_000,
  /** Without a byte in either direction while a request is answered: its client does not read. */
  idleTimeoutMs: 30_000,
  /** How often the timeouts above are looked at. */
  checkIntervalMs: 1_000,
  /** Of all lines together: a token of 2 KiB fits in the address and as a header beside what browsers send. */
  headerMaxBytes: 8_192,
  headersMax: 100,
} as const;

/** Other bounds than the usual ones. */
export type HttpTiming = Partial<Record<keyof typeof httpLimits, number>>;

export interface ListenerOptions {
  /** Further ones are not accepted. */
  connectionsMax: number;
  timing: HttpTiming | undefined;
  /** With these it speaks HTTPS alone. */
  certificates: Certificates | undefined;
}

export function createListener(handler: RequestListener, options: ListenerOptions): Server {
  const { connectionsMax, timing = {}, certificates } = options;
  const server = createWebServer(serverOptions(timing), certificates).on('request', handler);
  server.maxHeadersCount = httpLimits.headersMax;
  server.maxConnections = connectionsMax;
  server.timeout = timing.idleTimeoutMs ?? httpLimits.idleTimeoutMs;
  return server;
}

function serverOptions(timing: HttpTiming) {
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

const statusOfFault: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no HTTP, or exceeds a bound before it is a request. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  if (error.code === 'ECONNRESET') return void socket.destroy();
  sendRaw(socket, errorAnswer('bad_request', { status: statusOfFault[error.code ?? ''] ?? 400 }));
}
