/** The HTTP listener alone, over sessions that a test makes up. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { createLog } from '../../runtime/log.ts';
import { createHttpServer } from '../../runtime/http.ts';
import type { HttpServer, HttpServerOptions } from '../../runtime/http.ts';
import type { AttachRequest } from '../../actors/viewers/channel.ts';
import { textFrame } from '../../actors/wire/frame.ts';
import type { SessionControl, SessionDirectory, SessionSummary } from '../../runtime/directory.ts';

/** What a viewer asked for, and in which protocol. */
export type ViewerRequest = AttachRequest & { version: string };

/** One that is live, for tests that only read it. */
export const liveSession: SessionSummary = {
  slug: 'talk',
  epoch: 7,
  state: 'live',
  audio: 'flowing',
  startedAt: '2026-01-01T00:00:00.000Z',
  transcriber: 'local',
  offset: 0,
  viewers: 0,
  ledger: { receivedMs: 9, transcribedMs: 6, gapMs: 2, unackedMs: 1 },
};

export interface TestHttp extends AsyncDisposable {
  http: HttpServer;
  /** `HOST:PORT`. */
  host: string;
  url(path: string): string;
  /** What viewers of `talk` asked for, in order. */
  attached: ViewerRequest[];
  /** Log lines. */
  lines: string[];
}

/** A listener on a free port; `talk` is a session that greets its viewers with one message. */
export async function startHttp(options: Partial<HttpServerOptions> = {}): Promise<TestHttp> {
  const attached: ViewerRequest[] = [];
  const lines: string[] = [];
  const http = await createHttpServer({
    host: '127.0.0.1',
    port: 0,
    directory: talkOnly(attached),
    control: talkControl,
    readiness: () => ({ ready: true }),
    publishAddress: () => ({ host: '127.0.0.1', port: 1935 }),
    limits: { maxViewers: 10, allowedOrigins: [] },
    log: createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) }),
    ...options,
  });
  const host = `${http.address.host}:${http.address.port}`;
  const url = (path: string): string => `http://${host}${path}`;
  return { http, host, url, attached, lines, [Symbol.asyncDispose]: () => http.close() };
}

/** `talk` is running; every other session can be prepared. */
const talkControl: SessionControl = {
  prepare: (slug) =>
    Promise.resolve(slug === 'talk' ? { code: 'session_exists' } : { ...liveSession, slug, state: 'awaiting' }),
  stop: (slug) => (slug === 'talk' ? liveSession : undefined),
};

function talkOnly(attached: ViewerRequest[]): SessionDirectory {
  return {
    list: () => [liveSession],
    get: (slug) => (slug === 'talk' ? liveSession : undefined),
    attach: (slug, line, viewer) => {
      if (slug !== 'talk') return false;
      attached.push({ version: line.protocol, ...viewer });
      line.write([textFrame('hello')]);
      return true;
    },
    transcript: () => Promise.resolve(undefined),
  };
}

/** How a WebSocket attempt ended: greeted, closed with a code, or refused with a status. */
export interface Attempt {
  greeting?: string;
  protocol?: string;
  code?: number;
  reason?: string;
  status?: number;
  body?: string;
  /** Of a refusal: when to come back, in seconds. */
  retryAfter?: string | undefined;
}

export interface AttemptOptions {
  protocols?: string[];
  headers?: Record<string, string>;
  /** Told of an open socket that is kept open. */
  keep?: (socket: WebSocket) => void;
}

/** Tries to attach; an accepted viewer leaves after the greeting unless it is kept. */
export function attempt(url: string, { protocols = [], headers = {}, keep }: AttemptOptions = {}): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { headers });
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (data) => (body += String(data)));
      const retryAfter = response.headers['retry-after'];
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, retryAfter }));
    });
    socket.on('message', (data: Buffer) => {
      resolve({ greeting: data.toString(), protocol: socket.protocol });
      if (keep === undefined) socket.close();
      else keep(socket);
    });
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
}

/** Everything that comes back for `text`, until the server ends the connection. */
export function raw(host: string, text: string): Promise<string> {
  const socket = open(host);
  socket.write(text);
  return new Promise((resolve) => {
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('close', () => resolve(answer));
  });
}

/** A bare TCP connection whose errors are not the test's business. */
export function open(host: string): Socket {
  const [name, port] = host.split(':');
  return connect({ host: name ?? '', port: Number(port) }).on('error', () => {});
}
