/** `GET /sessions/SLUG/events`: the messages of `captiond.v2` as server-sent events, for whoever cannot use a WebSocket. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { EventLine } from '../../../actors/viewers/event-line.ts';
import { closes } from '../../../actors/wire/close-codes.ts';
import type { Visitor } from '../door.ts';
import type { ViewerQuery } from '../../../actors/viewers/channel.ts';
import type { ErrorCode } from '../../../machines/errors.ts';
import type { Grant } from '../../access/port.ts';
import type { SessionSummary } from '../../directory.ts';
import { errorAnswer } from '../answer.ts';
import type { App } from '../framework.ts';
import { operation } from '../operation.ts';
import { slugParams } from '../schemas.ts';
import type { Shown } from '../shown.ts';
import { queryOf } from '../target.ts';
import { readViewerRequest, viewerQuery } from '../viewer-request.ts';

const head = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies of the nginx kind would hold events back until a buffer is full.
  'x-accel-buffering': 'no',
};

const { config, schema } = operation({
  id: 'streamEvents',
  tag: 'viewing',
  summary: 'Captions as server-sent events',
  description:
    'The messages of `captiond.v2`, one an event: `event:` is the type, `data:` the message, `id:` of a record ' +
    '`EPOCH:OFFSET`. A browser goes on after the newest `id:` by itself (`Last-Event-ID`).',
  access: { scope: 'view', of: 'session' },
  answers: {
    200: {
      description:
        'The stream, until the session ends; while the server goes down, one that only says when to come back.',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    204: { description: 'The run is over and the client has all of it; browsers do not come back.' },
  },
  errors: ['bad_slug', 'no_such_session', 'at_capacity', 'failed'],
});

const resumption = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ description: 'Where a browser goes on by itself; goes before `after`.', examples: ['7:12'] }),
  ),
});

export function addEvents(app: App, shown: Shown): void {
  app.get(
    '/sessions/:slug/events',
    { config, schema: { ...schema, params: slugParams, querystring: viewerQuery, headers: resumption } },
    (request, reply) => {
      const { params, headers, grant } = request;
      const { slug } = params;
      const lastEventId = headers['last-event-id'];
      const viewer = readViewerRequest(queryOf(request.raw.url), lastEventId);
      if ('fault' in viewer) {
        return reply.answer(errorAnswer('bad_request', { detail: `${viewer.fault.replace(/^\w+: /, '')}.` }));
      }
      const session = shown.directory.get(slug);
      if (shown.readiness().reason === 'server_draining') return sendAway(reply);
      const refusal = refusalOf(session, request.raw.socket, shown);
      if (refusal !== undefined) return reply.answer(errorAnswer(refusal));
      // A browser comes back for ever unless it is told with this status that nothing will follow (WHATWG HTML, 9.2.2).
      if (session?.state === 'ended' && hasAll(viewer, session)) {
        return reply.answer({ status: 204, headers: { 'cache-control': 'no-store' }, body: '' });
      }
      const response = startStream(reply);
      if (request.method === 'HEAD') response.end();
      else attach({ slug, viewer, grant, response }, shown);
      return reply;
    },
  );
}

function refusalOf(session: SessionSummary | undefined, visitor: Visitor, { places }: Shown): ErrorCode | undefined {
  if (session === undefined) return 'no_such_session';
  return places.refuses(visitor) ? 'at_capacity' : undefined;
}

/** A browser gives up for good at any status but this one (WHATWG HTML, 9.2.3): the stream says when to come back, and ends. */
function sendAway(reply: FastifyReply): FastifyReply {
  new EventLine(startStream(reply)).end(closes.serverRestarting);
  return reply;
}

/** Takes the response away from the framework: from here on it is the fan-out's. */
function startStream(reply: FastifyReply): ServerResponse {
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  return reply.hijack().raw.writeHead(200, { ...headers, ...head });
}

interface Attached {
  slug: string;
  viewer: ViewerQuery;
  grant: Grant | undefined;
  response: ServerResponse;
}

function attach({ slug, viewer, grant, response }: Attached, { directory, places, expiries, log }: Shown): void {
  places.take(response, response.req.socket);
  response.once('close', () => places.release(response));
  try {
    const line = new EventLine(response);
    // It only reads: no insight comes this way.
    if (!directory.attach(slug, line, { ...viewer, scopes: new Set() })) line.end(closes.sessionEnded);
    response.once(
      'close',
      expiries.watch(response, grant?.expiresAtMs, () => line.end(closes.tokenExpired)),
    );
  } catch (error) {
    log.error('a viewer could not be attached', { session: slug, error: String(error) });
    response.destroy();
  }
}

function hasAll({ after }: ViewerQuery, { epoch, offset }: SessionSummary): boolean {
  return typeof after === 'object' && after.epoch === epoch && after.offset === offset;
}
