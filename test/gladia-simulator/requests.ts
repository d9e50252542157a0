/** HTTP of the simulated Gladia: sessions are asked for, looked up, listed, fetched and deleted. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PostFault } from './faults.ts';
import type { House, Room } from './house.ts';
import type { Note } from './journal.ts';
import { Lifetime } from './lifetime.ts';
import { fileOf, resultOf, statusOf } from './result.ts';
import { configOf } from './session-config.ts';
import { SimulatedSession } from './session.ts';
import { faultsOf, regionFaultsOf } from './validation.ts';

const LIST_LIMIT = 20;
const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

export async function answer(house: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', house.url);
  const key = request.headers['x-gladia-key'];
  const text = await bodyOf(request);
  if (request.method === 'POST') house.journal.note('post', undefined, { text });
  if (key !== house.options.key) {
    if (request.method !== 'POST') house.journal.note('get');
    return refuse(house, response, 401, key === undefined ? 'no gladia key provided' : 'gladia key not found');
  }
  if (request.method === 'POST' && pathname === '/v2/live') return post(house, response, { text, searchParams });
  if (request.method === 'GET' && pathname === '/v2/live') return list(house, response, searchParams);
  const [, id, isFile] = /^\/v2\/live\/([\w-]+)(\/file)?$/.exec(pathname) ?? [];
  const room = house.rooms.find(({ session }) => session.id === id);
  house.journal.note(request.method === 'DELETE' ? 'delete' : 'get', room?.session.id);
  if (room === undefined || house.faults.result === 'missing') return refuse(house, response, 404, 'not found');
  if (request.method === 'DELETE') return remove(house, response, room);
  if (request.method !== 'GET') return refuse(house, response, 404, 'not found');
  if (isFile === undefined) return send(response, 200, result(house, room));
  response.writeHead(200, { 'content-type': 'audio/wav' }).end(fileOf(room.session));
}

async function post(
  house: House,
  response: ServerResponse,
  { text, searchParams }: { text: string; searchParams: URLSearchParams },
): Promise<void> {
  const fault = house.faults.post.shift();
  if (fault !== undefined && (await fail(house, response, fault))) return;
  await pause(house.options.postDelayMs);
  const body = parsed(text);
  const wrong = [...faultsOf(body), ...regionFaultsOf(searchParams.get('region'))];
  if (wrong.length > 0) return refuse(house, response, 400, 'Invalid parameter(s)', { validation_errors: wrong });
  if (slotsTaken(house) >= house.options.concurrency) return refuse(house, response, 429, 'Too many sessions');
  const { options, faults, journal } = house;
  const session = new SimulatedSession(configOf(body), options, faults);
  const note: Note = (type, details) => journal.note(type, session.id, details);
  house.rooms.push({ session, connection: undefined, lifetime: new Lifetime(session, options, faults, note) });
  journal.note('post_answered', session.id);
  const url = `${(options.publicUrl ?? house.url).replace('http', 'ws')}/v2/live?token=${session.token}`;
  send(response, 201, { id: session.id, created_at: session.createdAt, url });
}

/** True when there is nothing more to answer. */
async function fail(house: House, response: ServerResponse, fault: PostFault): Promise<boolean> {
  const { status, retryAfter, body, hang, notJson, noUrl, redirect, delayMs = 0 } = fault;
  await pause(delayMs);
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
  if (status !== undefined && body !== undefined) {
    house.journal.note('refused', undefined, { statusCode: status });
    send(response, status, body);
  } else if (status !== undefined) refuse(house, response, status, 'refused by the test');
  else if (notJson === true) response.writeHead(201).end('<html>');
  else if (noUrl === true) send(response, 201, { id: randomUUID() });
  else if (redirect === true) response.writeHead(302, { location: `${house.url}/elsewhere` }).end();
  else return hang === true;
  return true;
}

/** Sessions that count as running: those that ended lately are among them. */
function slotsTaken({ rooms, options }: House): number {
  const holds = ({ session }: Room): boolean =>
    session.state === 'running' ||
    (session.endedAtMs !== undefined && performance.now() - session.endedAtMs < options.slotHeldMs);
  return rooms.filter(holds).length;
}

function result({ faults, options }: House, { session }: Room): Record<string, unknown> {
  return resultOf(session, statusOf(session, faults, options));
}

function list(house: House, response: ServerResponse, query: URLSearchParams): void {
  house.journal.note('get');
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? LIST_LIMIT);
  const status = query.get('status');
  const all = house.rooms.map((room) => result(house, room)).toReversed();
  const items = all.filter((item) => status === null || item['status'] === status).slice(offset, offset + limit);
  const address = `${house.url}/v2/live?offset=${offset}&limit=${limit}`;
  send(response, 200, { first: address, current: address, next: null, items });
}

function remove(house: House, response: ServerResponse, room: Room): void {
  if (room.session.state !== 'ended') return refuse(house, response, 403, 'not finished');
  house.rooms.splice(house.rooms.indexOf(room), 1);
  response.writeHead(202).end();
}

function refuse(house: House, response: ServerResponse, statusCode: number, message: string, more: object = {}): void {
  house.journal.note('refused', undefined, { statusCode, ...more });
  const request_id = `G-${randomUUID().slice(0, 8)}`;
  const timestamp = new Date().toISOString();
  send(response, statusCode, { timestamp, path: '/v2/live', request_id, statusCode, message, ...more });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Undefined, which is no valid body either, when it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
