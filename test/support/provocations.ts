/**
 * How each answer of the API is had for real: by what an operation answers with (`STATUS CODE`), and where operations
 * differ by the operation too (`OPERATION STATUS CODE`).
 */
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ORDERS_MAX } from '../../actors/exports/write-transcript.ts';
import type { WorldName } from './api-worlds.ts';
import type { Case, Operation, Seen } from './described-api.ts';
import { open, raw } from './http-server.ts';
import type { TestHttp } from './http-server.ts';

interface Wanted {
  slug?: string;
  file?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Asks a server for an operation's answer. */
type Provoke = (server: TestHttp, operation: Operation) => Promise<Seen>;

export interface Provocation {
  world: WorldName;
  provoke: Provoke;
}

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const asking =
  (wanted: Wanted = {}): Provoke =>
  (server, operation) =>
    ask(server, operation, wanted);
const by = (world: WorldName, wanted: Wanted = {}): Provocation => ({ world, provoke: asking(wanted) });
const token = (text: string): Wanted => ({ headers: { authorization: `Bearer ${text}` } });
const foreign = { origin: 'https://evil.example' };

const provocations: Readonly<Record<string, Provocation>> = {
  '200': by('usual'),
  '201': by('usual'),
  'issueToken 201': by('guarded', token('operator')),
  '202': by('usual'),
  '304': { world: 'usual', provoke: askTwice },
  'streamEvents 204': by('usual', { slug: 'over', headers: { 'last-event-id': '2:2' } }),
  'attachViewer 101': by('usual', { headers: upgrade }),
  '400 bad_request': by('usual', { query: `?x=${'x'.repeat(5_000)}` }),
  '408 bad_request': { world: 'impatient', provoke: askSlowly },
  '431 bad_request': {
    world: 'usual',
    provoke: (...asked) => askRaw(...asked, `X-Long: ${'x'.repeat(20_000)}\r\n\r\n`),
  },
  '421 host_refused': by('usual', { headers: { host: 'evil.example' } }),
  '403 origin_refused': by('usual', { headers: foreign }),
  'attachViewer 403 origin_refused': by('usual', { headers: { ...upgrade, ...foreign } }),
  '400 bad_slug': by('usual', { slug: 'Bad_Slug' }),
  '404 no_such_session': by('usual', { slug: 'nobody' }),
  '404 not_found': by('usual', { file: 'nothing.js' }),
  '426 upgrade_required': by('usual'),
  '401 token_missing': by('guarded'),
  '401 token_invalid': by('guarded', token('made-up')),
  '401 token_expired': by('guarded', token('expired')),
  '403 token_not_for_this': by('guarded', token('publisher')),
  '403 access_denied': by('guarded', token('denied')),
  '409 session_exists': by('usual', { body: '{"slug":"talk"}' }),
  '409 tokens_off': by('usual'),
  '413 body_too_large': by('usual', { body: `{"slug":"${'x'.repeat(70_000)}"}` }),
  '415 json_expected': by('usual', { headers: { 'content-type': 'text/plain' } }),
  '503 too_many_sessions': by('crowded'),
  '503 server_draining': by('draining'),
  '503 server_not_ready': by('starting'),
  '503 transcriber_unavailable': by('engineless'),
  '503 log_unavailable': by('unlogged'),
  '503 at_capacity': { world: 'usual', provoke: askInACrowd },
  'streamEvents 503 at_capacity': by('crowded'),
  'attachViewer 503 at_capacity': { world: 'crowded', provoke: askBehindACrowd },
  '500 failed': by('broken'),
};

/** The most particular one. */
export function provocationOf({ operationId }: Operation, { status, code }: Case): Provocation | undefined {
  const key = code === undefined ? String(status) : `${status} ${code}`;
  return provocations[`${operationId} ${key}`] ?? provocations[key];
}

function targetOf({ path }: Operation, { slug = 'talk', file = 'base.css', query = '' }: Wanted): string {
  return path.replace('{slug}', slug).replace('{folder}', 'web').replace('{file}', file) + query;
}

/** What is right, by operation. */
const bodies: Readonly<Record<string, string>> = {
  prepareSession: '{"slug":"fresh"}',
  issueToken: '{"scopes":["view"],"ttlS":60}',
};

/** One request; of a stream the first bytes. */
export async function ask(server: TestHttp, operation: Operation, wanted: Wanted = {}): Promise<Seen> {
  const { method, operationId } = operation;
  const { body = method === 'OPTIONS' ? undefined : bodies[operationId] } = wanted;
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { connection: 'close', ...type, ...wanted.headers };
  const outgoing = request(server.url('/'), { method, path: targetOf(operation, wanted), headers });
  outgoing.on('error', () => {});
  outgoing.end(body);
  const [response, socket] = (await Promise.race([once(outgoing, 'response'), once(outgoing, 'upgrade')])) as [
    IncomingMessage,
    Duplex | undefined,
  ];
  const seen = { status: response.statusCode ?? 0, headers: response.headers };
  if (socket !== undefined) {
    socket.destroy();
    return { ...seen, body: '' };
  }
  if (response.headers['content-type']?.startsWith('text/event-stream') !== true) {
    return { ...seen, body: String(Buffer.concat((await response.toArray()) as Buffer[])) };
  }
  const [first] = (await once(response, 'data')) as [Buffer];
  outgoing.destroy();
  return { ...seen, body: String(first) };
}

async function askTwice(server: TestHttp, operation: Operation): Promise<Seen> {
  const { headers } = await ask(server, operation);
  return ask(server, operation, { headers: { 'if-none-match': String(headers['etag']) } });
}

/** Headers that never end. */
function askSlowly(server: TestHttp, operation: Operation): Promise<Seen> {
  return askRaw(server, operation, 'X-Slow: ');
}

async function askRaw(server: TestHttp, operation: Operation, rest: string): Promise<Seen> {
  const start = `${operation.method} ${targetOf(operation, {})} HTTP/1.1\r\nHost: ${server.host}\r\n`;
  const answer = await raw(server.host, start + rest);
  const end = answer.indexOf('\r\n\r\n');
  const [line = '', ...lines] = answer.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(lines.map((each) => each.split(': ') as [string, string]));
  return { status: Number(line.split(' ')[1]), headers, body: answer.slice(end + 4) };
}

const crowds = new WeakMap<TestHttp, Promise<Seen[]>>();

/** What is asked of every format while more transcripts are asked for than may wait; once for all of them. */
async function askInACrowd(server: TestHttp, operation: Operation): Promise<Seen> {
  const targets = transcriptFormats.map((format) => `/sessions/{slug}/transcript.${format}`);
  const crowd = crowds.get(server) ?? crowdAt(server, targets);
  crowds.set(server, crowd);
  const seen = (await crowd)[targets.indexOf(operation.path)];
  if (seen === undefined) throw new Error(`${operation.path} is no transcript`);
  return seen;
}

const transcriptFormats = ['json', 'txt', 'srt', 'vtt'];

async function crowdAt(server: TestHttp, targets: readonly string[]): Promise<Seen[]> {
  const askFor = (path: string) => ask(server, { operationId: '', method: 'GET', path, responses: {} });
  const waiting = Array.from({ length: ORDERS_MAX + 2 }, () => askFor(targets[0] ?? ''));
  const seen = await Promise.all(targets.map(askFor));
  await Promise.all(waiting);
  return seen;
}

/** Viewers that are told to come back and do not leave take the places of those who could be told. */
async function askBehindACrowd(server: TestHttp, operation: Operation): Promise<Seen> {
  const lines = Object.entries(upgrade).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `GET ${targetOf(operation, {})} HTTP/1.1\r\nHost: ${server.host}\r\n${lines.join('')}\r\n`;
  const crowd = Array.from({ length: 100 }, () => open(server.host));
  for (const socket of crowd) socket.write(text);
  await Promise.all(crowd.map((socket) => once(socket, 'data')));
  const seen = await ask(server, operation, { headers: upgrade });
  for (const socket of crowd) socket.destroy();
  return seen;
}
