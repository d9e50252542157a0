/** What a viewer asks for in the query of its request, checked: the same over every protocol. */
import type { ViewerQuery } from '../../actors/viewers/channel.ts';
import { parseAfter } from '../../actors/wire/cursor.ts';

/**
 * @param lastEventId `Last-Event-ID` of an event stream: where a browser goes on by itself; goes before `after`.
 * @returns `fault`: what is wrong with it, short enough for the reason of a close (RFC 6455, section 5.5).
 */
export function readViewerRequest(query: URLSearchParams, lastEventId?: string): ViewerQuery | { fault: string } {
  const partials = query.get('partials') ?? '1';
  if (!/^[01]$/.test(partials)) return { fault: 'bad_request: partials must be 0 or 1' };
  const language = query.get('language')?.toLowerCase();
  if (language !== undefined && !/^[a-z]{2,3}$/.test(language)) {
    return { fault: 'bad_request: language must be a code' };
  }
  const given = lastEventId ?? query.get('after');
  const after = given === null ? undefined : parseAfter(given);
  if (given !== null && after === undefined) return { fault: 'bad_request: after must be EPOCH:OFFSET or 0' };
  return { after, partials: partials === '1', language };
}
