/** What a viewer asks for in the query of its request, checked: the same over every protocol. */
import { Type } from 'typebox';
import type { ViewerQuery } from '../../actors/viewers/channel.ts';
import { parseAfter } from '../../actors/wire/cursor.ts';
import { languagePattern, textOf, tokenQuery } from './schemas.ts';

const expected = { partials: '0 or 1', language: 'a code', after: 'EPOCH:OFFSET or 0' };
const after = { description: 'Resume after that record; `0`: all of the current run; absent: live only.' };

/** The query, described. */
export const viewerQuery = Type.Object({
  after: Type.Optional(textOf(/^(0|\d{1,15}:\d{1,15})$/, expected.after, { ...after, examples: ['7:12'] })),
  partials: Type.Optional(textOf(/^[01]$/, expected.partials, { description: '`0`: finals only.' })),
  language: Type.Optional(textOf(languagePattern, expected.language, { description: 'Finals in that language only.' })),
  ...tokenQuery,
});

/**
 * @param lastEventId `Last-Event-ID` of an event stream: where a browser goes on by itself; goes before `after`.
 * @returns `fault`: what is wrong with it, short enough for the reason of a close (RFC 6455, section 5.5).
 */
export function readViewerRequest(query: URLSearchParams, lastEventId?: string): ViewerQuery | { fault: string } {
  const partials = query.get('partials') ?? '1';
  if (!/^[01]$/.test(partials)) return { fault: `bad_request: partials must be ${expected.partials}` };
  const language = query.get('language')?.toLowerCase();
  if (language !== undefined && !languagePattern.test(language)) {
    return { fault: `bad_request: language must be ${expected.language}` };
  }
  const given = lastEventId ?? query.get('after');
  const cursor = given === null ? undefined : parseAfter(given);
  if (given !== null && cursor === undefined) return { fault: `bad_request: after must be ${expected.after}` };
  return { after: cursor, partials: partials === '1', language };
}
