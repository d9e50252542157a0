/** A local Gladia, API v2 live: HTTP, WebSocket, sessions that outlive their connections, faults and a journal. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import { Faults } from './faults.ts';
import type { Drop, PostFault } from './faults.ts';
import { SimulatedSession } from './session.ts';
import { configOf, faultsOf } from './validation.ts';

const FRAME_MAX_BYTES = 1_048_576;

export interface SimulatorOptions {
  key: string;
  /** Sessions at a time; one more is answered with 429. */
  concurrency: number;
  ackDelayMs: number;
  finalDelayMs: number;
  endDelayMs: number;
  idleMs: number;
  /** An ended session: accepted and closed with 4403, or refused with 403. */
  endedMode: 'accept_then_4403' | 'http_403';
  /** What was said while nobody was connected is said at the next connection. */
  redeliver: boolean;
  port: number;
}

const defaults: SimulatorOptions = {
  key: 'test-key',
  concurrency: 30,
  ackDelayMs: 5,
  finalDelayMs: 300,
  endDelayMs: 100,
  idleMs: 30_000,
  endedMode: 'accept_then_4403',
  redeliver: false,
  port: 0,
};

export interface JournalEntry {
  atMs: number;
  type: string;
  session?: string;
  details: Record<string, unknown>;
}

interface Held {
  session: SimulatedSession;
  connection: Connection | undefined;
  missed: Record<string, unknown>[];
}

export class GladiaSimulator implements AsyncDisposable {
  readonly options: SimulatorOptions;
  readonly faults = new Faults();
  readonly journal: JournalEntry[] = [];
  readonly #held: Held[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME_MAX_BYTES });
  #port = 0;

  constructor(options: Partial<SimulatorOptions> = {}) {
    this.options = { ...defaults, ...options };
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get sessions(): SimulatedSession[] {
    return this.#held.map(({ session }) => session);
  }

  /** Sessions that nobody has stopped. */
  get running(): number {
    return this.sessions.filter(({ state }) => state === 'running').length;
  }

  get openSockets(): number {
    return this.#upgrades.clients.size;
  }

  count(type: string): number {
    return this.journal.filter((entry) => entry.type === type).length;
  }

  get violations(): unknown[] {
    return this.journal.filter(({ type }) => type === 'violation').map(({ details }) => details['what']);
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port || this.options.port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Nobody is at home: connections are refused, open ones end. */
  async leave(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Lets every open socket go. */
  dropAll(how: Drop): void {
    for (const { connection } of this.#held) connection?.drop(how);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.#held) session.close();
    for (const client of this.#upgrades.clients) client.terminate();
    if (this.#server.listening) await this.leave();
  }

  #note(type: string, session?: string, details: Record<string, unknown> = {}): void {
    this.journal.push({ atMs: performance.now(), type, details, ...(session !== undefined && { session }) });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    if (request.headers['x-gladia-key'] !== this.options.key) {
      this.#note(request.method === 'POST' ? 'post' : 'get');
      return this.#refuse(response, 401, 'gladia key not found');
    }
    if (request.method === 'POST' && pathname === '/v2/live') return this.#post(request, response, searchParams);
    const held = this.#held.find(({ session }) => pathname === `/v2/live/${session.id}`);
    this.#note('get', held?.session.id);
    if (held === undefined || this.faults.result === 'missing') return this.#refuse(response, 404, 'not found');
    this.#result(response, held.session);
  }

  async #post(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const text = await bodyOf(request);
    const fault = this.faults.post.shift();
    this.#note('post', undefined, { text });
    if (fault !== undefined && (await this.#failPost(response, fault))) return;
    const body: unknown = JSON.parse(text);
    const wrong = [...faultsOf(body), ...(/^(eu|us)-west$/.test(query.get('region') ?? '') ? [] : ['region'])];
    if (wrong.length > 0) return this.#refuse(response, 400, 'Invalid parameter(s)', { validation_errors: wrong });
    if (this.running >= this.options.concurrency) return this.#refuse(response, 429, 'Too many sessions');
    const held: Held = { connection: undefined, missed: [], session: this.#newSession(body, () => held) };
    this.#held.push(held);
    const { id, token } = held.session;
    const url = `${this.url.replace('http', 'ws')}/v2/live?token=${token}`;
    send(response, 201, { id, created_at: new Date().toISOString(), url });
  }

  #newSession(body: unknown, held: () => Held): SimulatedSession {
    const { finalDelayMs } = this.options;
    const options = { finalDelayMs, noWords: () => this.faults.noWords };
    return new SimulatedSession({ id: randomUUID(), token: randomUUID() }, configOf(body), options, (message) => {
      const { connection, missed } = held();
      if (connection !== undefined) connection.say(message);
      else if (this.options.redeliver) missed.push(message);
    });
  }

  /** True when there is nothing more to answer. */
  async #failPost(response: ServerResponse, fault: PostFault): Promise<boolean> {
    const { status, retryAfter, hang, notJson, noUrl, redirect, delayMs = 0 } = fault;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    if (status !== undefined) this.#refuse(response, status, 'refused by the test');
    else if (notJson === true) response.writeHead(201).end('<html>');
    else if (noUrl === true) send(response, 201, { id: randomUUID() });
    else if (redirect === true) response.writeHead(302, { location: `${this.url}/elsewhere` }).end();
    else return hang === true;
    return true;
  }

  #result(response: ServerResponse, { id, finals }: SimulatedSession): void {
    const { result } = this.faults;
    const status = result === 'processing' || result === 'error' ? result : 'done';
    const transcription = { full_transcript: '', languages: ['en'], utterances: finals };
    send(response, 200, {
      id,
      version: 2,
      kind: 'live',
      status,
      ...(status === 'done' && { result: { transcription } }),
    });
  }

  #refuse(response: ServerResponse, statusCode: number, message: string, more: object = {}): void {
    this.#note('refused', undefined, { statusCode, ...more });
    send(response, statusCode, { timestamp: new Date().toISOString(), path: '/v2/live', statusCode, message, ...more });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = new URL(request.url ?? '/', this.url).searchParams.get('token');
    const held = this.#held.find(({ session }) => session.token === token);
    const fault = this.faults.handshake.shift();
    this.#note('dial', held?.session.id);
    if (fault?.hang === true) return;
    if (fault?.reset === true) return void socket.destroy();
    const isEnded = held !== undefined && held.session.state === 'ended';
    const status =
      fault?.status ?? (held === undefined ? 404 : isEnded && this.options.endedMode === 'http_403' ? 403 : 0);
    if (status !== 0 || held === undefined)
      return void socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
    this.#upgrades.handleUpgrade(request, socket, head, (client) => {
      const code = isEnded ? 4403 : (this.faults.afterOpen.shift() ?? this.faults.afterOpenAlways);
      if (code !== undefined) return client.close(code);
      this.#connect(held, client);
    });
  }

  #connect(held: Held, client: ConstructorParameters<typeof Connection>[0]): void {
    const { session } = held;
    if (held.connection?.isDeaf === false) this.#note('violation', session.id, { what: 'two sockets on one session' });
    const connection = new Connection(client, session, {
      ...this.options,
      faults: this.faults,
      note: (type, details) => this.#note(type, session.id, details),
    });
    held.connection = connection;
    this.#note('open', session.id);
    for (const message of held.missed.splice(0)) connection.say(message);
    client.on('close', (code) => {
      this.#note('closed', session.id, { code });
      if (held.connection === connection) held.connection = undefined;
      if (code === 1000 && session.state === 'running') session.state = 'stopped';
      if (this.faults.neverFinalize) session.forget();
    });
  }
}

/** A simulator that listens on a free port. */
export function startGladia(options: Partial<SimulatorOptions> = {}): Promise<GladiaSimulator> {
  return new GladiaSimulator(options).listen();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
