/** `GET /sessions/SLUG/events`: the messages of `captiond.v2` as server-sent events, for whoever cannot use a WebSocket. */
import type { IncomingHttpHeaders } from 'node:http';
import { EventLine } from '../../actors/viewers/event-line.ts';
import type { ViewerQuery } from '../../actors/viewers/channel.ts';
import type { SessionDirectory } from '../directory.ts';
import { errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Places } from './places.ts';
import type { Readiness } from './readiness.ts';
import { readViewerRequest } from './viewer-request.ts';

export interface EventStreamRequest {
  directory: SessionDirectory;
  places: Places;
  readiness: () => Readiness;
  headers: IncomingHttpHeaders;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

const head = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies of the nginx kind would hold events back until a buffer is full.
  'x-accel-buffering': 'no',
};

export function eventStream({ directory, places, readiness, headers, params, query }: EventStreamRequest): Answer {
  const slug = params['slug'] ?? '';
  if (readiness().reason === 'server_draining') return errorAnswer('server_draining');
  const lastEventId = headers['last-event-id'];
  const viewer = readViewerRequest(query, typeof lastEventId === 'string' ? lastEventId : undefined);
  if ('fault' in viewer) return errorAnswer('bad_request', { detail: `${viewer.fault.replace(/^\w+: /, '')}.` });
  const session = directory.get(slug);
  if (session === undefined) return errorAnswer('no_such_session');
  if (places.isFull) return errorAnswer('at_capacity');
  // A browser comes back for ever unless it is told with this status that nothing will follow (WHATWG HTML, 9.2.2).
  if (session.state === 'ended' && hasAll(viewer, session)) {
    return { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };
  }
  const stream: Answer['stream'] = (response) => {
    places.take();
    response.once('close', () => places.release());
    const line = new EventLine(response);
    if (!directory.attach(slug, line, { ...viewer, scopes: new Set() })) line.end();
  };
  return { status: 200, headers: head, body: '', stream };
}

function hasAll({ after }: ViewerQuery, { epoch, offset }: { epoch: number; offset: number }): boolean {
  return typeof after === 'object' && after.epoch === epoch && after.offset === offset;
}
