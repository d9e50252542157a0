/** The admin listener: metrics and inspector, for those who operate the server. Its address is away from the viewers'. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OnLimit } from '../actors/limit-names.ts';
import type { Log } from '../actors/ports.ts';
import { credentialsOf } from './access/credentials.ts';
import type { Access, Denial, Grant } from './access/port.ts';
import { createWebServer } from './certificates.ts';
import type { Certificates } from './certificates.ts';
import { challenged, errorAnswer, json, send } from './http/answer.ts';
import type { Answer } from './http/answer.ts';
import { parseTarget } from './http/target.ts';
import { Door } from './http/door.ts';
import { createTrust } from './http/trust.ts';
import { createInspectLive } from './inspector/live.ts';
import { loadInspectorPages } from './inspector/pages.ts';
import type { InspectorPages } from './inspector/pages.ts';
import type { Registry } from './registry.ts';
import type { Telemetry } from './telemetry.ts';

/** Connections at a time. */
export const ADMIN_CONNECTIONS_MAX = 64;
export const ADMIN_CONNECTIONS_PER_ADDRESS_MAX = 32;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const timing = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: 1_000,
};

export interface AdminOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  telemetry: Pick<Telemetry, 'scrape' | 'onLimit'>;
  /** What can be inspected. */
  registry: Pick<Registry, 'live' | 'liveSessions'>;
  /** Metrics and inspector are for tokens with `admin` for every session. */
  access: Access;
  /** With these it speaks HTTPS alone. */
  certificates?: Certificates | undefined;
  log: Log;
}

export interface AdminServer {
  /** As asked for, with the real port. */
  address: { host: string; port: number };
  /** Idempotent. */
  close(): Promise<void>;
}

/** Listens; rejects with what made that fail (`EADDRINUSE` and its like). */
export async function createAdminServer(options: AdminOptions): Promise<AdminServer> {
  const { host, port, telemetry, registry, log, access } = options;
  const trust = createTrust({ listenHost: host, allowedOrigins: [] });
  const pages = await loadInspectorPages();
  const live = createInspectLive({ registry, trust, access: (request) => adminAccess(access, request) });
  const server = createWebServer(timing, options.certificates);
  door(telemetry.onLimit).watch(server);
  server.maxConnections = ADMIN_CONNECTIONS_MAX;
  server.on('request', (request, response) => {
    response.on('error', () => response.destroy());
    const isKnown = trust.acceptsHost(request.headers.host);
    const answered = isKnown ? answerTo(request, pages, access) : Promise.resolve(errorAnswer('host_refused'));
    const shown = answered.then((answer) => {
      if (answer === 'metrics') telemetry.scrape(request, response);
      else send(response, answer);
    });
    shown.catch((error: unknown) => {
      log.error('a request to the admin listener could not be answered', { error });
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head));
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error) => log.error('the admin listener failed', { error: String(error) }));
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      live.close();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function door(onLimit: OnLimit): Door {
  return new Door({
    maxPerAddress: ADMIN_CONNECTIONS_PER_ADDRESS_MAX,
    maxTotal: ADMIN_CONNECTIONS_MAX,
    names: { perAddress: 'admin_connections_per_address', total: 'admin_connections' },
    onLimit,
  });
}

/** May whoever sent this see the server as a whole? */
function adminAccess(access: Access, { url, headers, socket }: IncomingMessage): Promise<Grant | Denial> {
  const query = parseTarget(url)?.query ?? new URLSearchParams();
  const remoteAddress = socket.remoteAddress ?? '';
  const asked = { scope: 'admin', slug: undefined, remoteAddress, protocol: 'http' } as const;
  return access.check({ ...asked, ...credentialsOf(headers, query) });
}

/** These hold nothing: what loads a page, and the probe. */
const openPaths = /^\/(healthz$|inspect\/(assets|charts)\/)/;

async function answerTo(request: IncomingMessage, pages: InspectorPages, access: Access): Promise<Answer | 'metrics'> {
  const { url, method = '', headers } = request;
  const { path } = parseTarget(url) ?? {};
  if (path === undefined) return errorAnswer('bad_request', { detail: 'Its address is malformed.' });
  const page = pages(path, headers);
  const isMetrics = path === '/metrics';
  if (page === undefined && !isMetrics && path !== '/healthz' && path !== '/inspect/live')
    return errorAnswer('not_found');
  if (method !== 'GET' && method !== 'HEAD')
    return errorAnswer('method_not_allowed', { headers: { allow: 'GET, HEAD' } });
  const verdict = openPaths.test(path) ? undefined : await adminAccess(access, request);
  if (verdict?.allowed === false) return challenged(errorAnswer(verdict.code));
  if (isMetrics) return 'metrics';
  if (path === '/inspect/live') return errorAnswer('upgrade_required', { headers: { upgrade: 'websocket' } });
  return page ?? json(200, { status: 'ok' });
}
