/** The admin listener: metrics and inspector, for those who operate the server. Its address is away from the viewers'. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../actors/ports.ts';
import { errorAnswer, json, send } from './http/answer.ts';
import type { Answer } from './http/answer.ts';
import { parseTarget } from './http/target.ts';
import { createTrust } from './http/trust.ts';
import { createInspectLive } from './inspector/live.ts';
import { loadInspectorPages } from './inspector/pages.ts';
import type { InspectorPages } from './inspector/pages.ts';
import type { Registry } from './registry.ts';
import type { Telemetry } from './telemetry.ts';

/** Connections at a time. */
const CONNECTIONS_MAX = 64;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

export interface AdminOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  telemetry: Pick<Telemetry, 'scrape'>;
  /** What can be inspected. */
  registry: Pick<Registry, 'live' | 'liveSessions'>;
  log: Log;
}

export interface AdminServer {
  /** As asked for, with the real port. */
  address: { host: string; port: number };
  /** Idempotent. */
  close(): Promise<void>;
}

/** Listens; rejects with what made that fail (`EADDRINUSE` and its like). */
export async function createAdminServer({ host, port, telemetry, registry, log }: AdminOptions): Promise<AdminServer> {
  const trust = createTrust({ listenHost: host, allowedOrigins: [] });
  const pages = await loadInspectorPages();
  const live = createInspectLive(registry, trust);
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('request', (request, response) => {
    response.on('error', () => response.destroy());
    const isKnown = trust.acceptsHost(request.headers.host);
    const answer = isKnown ? answerTo(request, pages) : errorAnswer('host_refused');
    if (answer === 'metrics') telemetry.scrape(request, response);
    else send(response, answer);
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

function answerTo({ url, method = '', headers }: IncomingMessage, pages: InspectorPages): Answer | 'metrics' {
  const { path } = parseTarget(url) ?? {};
  if (path === undefined) return errorAnswer('bad_request', { detail: 'Its address is malformed.' });
  const page = pages(path, headers);
  const isMetrics = path === '/metrics';
  if (page === undefined && !isMetrics && path !== '/healthz' && path !== '/inspect/live')
    return errorAnswer('not_found');
  if (method !== 'GET' && method !== 'HEAD')
    return errorAnswer('method_not_allowed', { headers: { allow: 'GET, HEAD' } });
  if (isMetrics) return 'metrics';
  if (path === '/inspect/live') return errorAnswer('upgrade_required', { headers: { upgrade: 'websocket' } });
  return page ?? json(200, { status: 'ok' });
}
