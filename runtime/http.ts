/**
 * The HTTP listener: pages, API and the viewers' WebSockets, for whoever reaches it.
 *
 * No request can make it throw: a fault of the request is an answer, a fault of ours is a 500 and a log line.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { OnLimit } from '../actors/limit-names.ts';
import type { Log } from '../actors/ports.ts';
import { Expiries } from './access/expiry.ts';
import { openAccess } from './access/port.ts';
import type { Access } from './access/port.ts';
import type { Certificates } from './certificates.ts';
import type { Config } from './config.ts';
import type { SessionControl, SessionDirectory } from './directory.ts';
import { createApp } from './http/app.ts';
import { createAttach, REFUSED_SOCKETS_MAX } from './http/attach.ts';
import type { Attach } from './http/attach.ts';
import { Door } from './http/door.ts';
import { createListener } from './http/listener.ts';
import type { HttpTiming } from './http/listener.ts';
import { Places } from './http/places.ts';
import type { Readiness } from './http/readiness.ts';
import { createTrust } from './http/trust.ts';
import { loadPages } from './pages.ts';
import { proxiesOf } from './proxies.ts';

/** Connections that are no viewers: pages, API, probes, upgrades. Further ones are not accepted. */
export const VISITORS_MAX = 4_000;
/** How long `close` lets requests in flight finish. */
const CLOSE_TIMEOUT_MS = 500;

export interface HttpServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  directory: SessionDirectory;
  control: SessionControl;
  /** Can sessions be taken? A `reason` of `server_draining` turns new viewers away, to come back later. */
  readiness: () => Readiness;
  /** Where publishers connect, for the home page; undefined until it is known. */
  publishAddress: () => { host: string; port: number } | undefined;
  limits: Pick<Config, 'maxViewers' | 'allowedOrigins'> &
    Partial<Pick<Config, 'maxViewersPerAddress' | 'maxConnectionsPerAddress' | 'trustedProxies'>>;
  /** Who may do what; everybody everything unless given. */
  access?: Access;
  /** With these it speaks HTTPS alone. */
  certificates?: Certificates | undefined;
  /** Counts a connection in; false when the process has no room for it. */
  admits?: (socket: Socket) => boolean;
  onLimit?: OnLimit;
  log: Log;
  /** Other bounds than the usual ones. */
  timing?: HttpTiming;
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
  const { host, port, directory, control, readiness, limits, log, access = openAccess } = options;
  const trust = createTrust({ listenHost: host, allowedOrigins: limits.allowedOrigins });
  const { publishAddress, certificates, onLimit } = options;
  const isSecure = certificates !== undefined;
  const pages = await loadPages({ publishAddress, isSecure, allowedOrigins: limits.allowedOrigins });
  const isDraining = (): boolean => readiness().reason === 'server_draining';
  const { door, places } = entrance(options);
  const expiries = new Expiries();
  const attach = createAttach({ directory, places, trust, isDraining, access, expiries, onLimit });
  const connectionsMax = limits.maxViewers + REFUSED_SOCKETS_MAX + VISITORS_MAX;
  const app = await createApp({
    shown: { directory, pages, readiness, places, control, access, expiries, onLimit, log },
    trust,
    listener: (handler) => createListener(handler, { connectionsMax, timing: options.timing, certificates }),
  });
  const { server } = app;
  server.prependListener('connection', doorOf(options));
  door.watch(server);
  server.on('upgrade', (_request, socket) => door.upgrading(socket));
  server.on('upgrade', guardUpgrades(attach, log));
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error) => log.error('the HTTP listener failed', { error: String(error) }));
  const closed = Promise.withResolvers<void>();
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    close: () => {
      shutDown(server, attach, () => closed.resolve(app.close()));
      return closed.promise;
    },
  };
}

function doorOf({ admits, onLimit }: HttpServerOptions) {
  return (socket: Socket): void => {
    if (admits?.(socket) !== false) return;
    onLimit?.('descriptors');
    socket.destroy();
  };
}

/** Who may be connected, before and after becoming a viewer. */
function entrance({ limits, onLimit = () => {} }: HttpServerOptions): { door: Door; places: Places } {
  const {
    maxViewers: max,
    maxViewersPerAddress: maxPerAddress,
    maxConnectionsPerAddress,
    trustedProxies = [],
  } = limits;
  const isProxy = proxiesOf(trustedProxies);
  const door = new Door({
    maxPerAddress: maxConnectionsPerAddress ?? VISITORS_MAX,
    maxTotal: VISITORS_MAX,
    names: { perAddress: 'http_connections_per_address', total: 'http_connections' },
    isProxy,
    onLimit,
  });
  return { door, places: new Places({ max, maxPerAddress, isProxy, door, onLimit }) };
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
