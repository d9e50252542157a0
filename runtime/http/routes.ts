/** The route table: what there is at each address, and with which methods. */
import type { IncomingHttpHeaders } from 'node:http';
import { errors } from '../../machines/errors.ts';
import type { ErrorCode } from '../../machines/errors.ts';
import { SLUG_PATTERN } from '../slug.ts';
import type { SessionControl, SessionDirectory } from '../directory.ts';
import type { Pages } from '../pages.ts';
import { parseWishes } from '../session-wishes.ts';
import { readOverlayOptions } from '../web/overlay-options.js';
import { errorAnswer, json } from './answer.ts';
import type { Answer } from './answer.ts';
import { eventStream } from './event-stream.ts';
import type { Places } from './places.ts';
import type { Readiness } from './readiness.ts';
import { decodeSegment, parseTarget } from './target.ts';
import { transcript } from './transcript.ts';

/** What the routes show. */
export interface RouteOptions {
  directory: SessionDirectory;
  pages: Pages;
  readiness: () => Readiness;
  places: Places;
  /** Without it sessions can only be read. */
  control?: SessionControl | undefined;
}

/** The parts of a request that routes look at. */
export interface RouteRequest {
  method: string;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  /** Of a POST, already read. */
  body?: string;
}

interface Matched extends RouteOptions {
  headers: IncomingHttpHeaders;
  body: string;
  /** Decoded parts of the path; a `slug` is well-formed. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

type Handler = (matched: Matched) => Answer | Promise<Answer>;

interface Route {
  pattern: RegExp;
  /** Looked at by people: its errors are pages. */
  isPage?: true;
  methods: Readonly<Record<string, Handler>>;
}

const later: Handler = () => errorAnswer('not_in_this_version');

const routes: readonly Route[] = [
  { pattern: /^\/$/, isPage: true, methods: { GET: ({ pages, headers }) => pages.home(headers) } },
  {
    pattern: /^\/watch\/(?<slug>[^/]+)$/,
    isPage: true,
    methods: { GET: ({ pages, headers }) => pages.watch(headers) },
  },
  { pattern: /^\/overlay\/(?<slug>[^/]+)$/, isPage: true, methods: { GET: overlay } },
  { pattern: /^\/assets\/(?<asset>[\w./-]+)$/, methods: { GET: asset } },
  { pattern: /^\/sessions$/, methods: { GET: listSessions, POST: prepareSession } },
  { pattern: /^\/sessions\/(?<slug>[^/]+)$/, methods: { GET: readSession, DELETE: stopSession } },
  { pattern: /^\/sessions\/(?<slug>[^/]+)\/live$/, methods: { GET: upgradeNeeded } },
  { pattern: /^\/sessions\/(?<slug>[^/]+)\/events$/, methods: { GET: eventStream } },
  {
    pattern: /^\/sessions\/(?<slug>[^/]+)\/transcript\.(?<format>json|txt|srt|vtt)$/,
    methods: { GET: transcript },
  },
  { pattern: /^\/openapi\.json$/, methods: { GET: later } },
  { pattern: /^\/healthz$/, methods: { GET: () => json(200, { status: 'ok' }) } },
  { pattern: /^\/readyz$/, methods: { GET: readiness } },
];

/** The answer to a request that is no upgrade. */
export async function route({ method, url, headers, body = '' }: RouteRequest, options: RouteOptions): Promise<Answer> {
  const { path, query } = parseTarget(url) ?? {};
  if (path === undefined || query === undefined)
    return errorAnswer('bad_request', { detail: 'Its address is malformed.' });
  for (const { pattern, methods, isPage } of routes) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const answer = await call({ methods, method, match }, { ...options, headers, body, query });
    return isPage === true ? options.pages.shown(answer, headers) : answer;
  }
  return options.pages.shown(errorAnswer('not_found'), headers);
}

interface Called {
  methods: Route['methods'];
  method: string;
  match: RegExpExecArray;
}

function call({ methods, method, match }: Called, options: Omit<Matched, 'params'>): Answer | Promise<Answer> {
  const handler = methods[method === 'HEAD' ? 'GET' : method];
  if (handler === undefined) {
    const allow = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
    return errorAnswer('method_not_allowed', { headers: { allow: allow.join(', ') } });
  }
  const params: Record<string, string> = {};
  for (const [name, encoded] of Object.entries(match.groups ?? {})) params[name] = decodeSegment(encoded) ?? '';
  const { slug } = params;
  if (slug !== undefined && !SLUG_PATTERN.test(slug)) return errorAnswer('bad_slug');
  return handler({ ...options, params });
}

function asset({ pages, headers, params }: Matched): Answer {
  return pages.asset(params['asset'] ?? '', headers) ?? errorAnswer('not_found');
}

function overlay({ pages, headers, query }: Matched): Answer {
  const options = readOverlayOptions(query);
  return 'fault' in options ? errorAnswer('bad_request', { detail: options.fault }) : pages.overlay(headers);
}

function listSessions({ directory }: Matched): Answer {
  return json(200, { sessions: directory.list() });
}

function readSession({ directory, params }: Matched): Answer {
  const session = directory.get(params['slug'] ?? '');
  return session === undefined ? errorAnswer('no_such_session') : json(200, session);
}

async function prepareSession({ control, headers, body }: Matched): Promise<Answer> {
  if (control === undefined) return errorAnswer('not_in_this_version');
  const isJson = /^application\/json\b/.test(headers['content-type'] ?? '');
  const parsed = isJson ? parseJson(body) : undefined;
  if (parsed === undefined) return errorAnswer('json_expected');
  const wanted = parseWishes(parsed.value);
  if ('detail' in wanted) return errorAnswer('bad_request', wanted);
  const made = await control.prepare(wanted.slug, wanted.wishes);
  if ('slug' in made) return json(201, made, { location: `/sessions/${made.slug}` });
  const { code, ...particulars } = made;
  return errorAnswer(code, particulars);
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function stopSession({ control, params }: Matched): Answer {
  if (control === undefined) return errorAnswer('not_in_this_version');
  const session = control.stop(params['slug'] ?? '');
  return session === undefined ? errorAnswer('no_such_session') : json(202, session);
}

function upgradeNeeded(): Answer {
  return errorAnswer('upgrade_required', { headers: { upgrade: 'websocket', connection: 'Upgrade' } });
}

function readiness(matched: Matched): Answer {
  const { ready, reason = 'server_not_ready' } = matched.readiness();
  if (ready) return json(200, { status: 'ready' });
  return isErrorCode(reason)
    ? errorAnswer(reason, { status: 503 })
    : errorAnswer('server_not_ready', { detail: `${reason}.` });
}

function isErrorCode(reason: string): reason is ErrorCode {
  return Object.hasOwn(errors, reason);
}
