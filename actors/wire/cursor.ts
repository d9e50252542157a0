/** Where a viewer resumes: the query `after` of `GET /sessions/SLUG/live`, and `id:` of the event stream. */

/** After this record of this run, or from the start of the current run. */
export type Cursor = { epoch: number; offset: number } | 'start';

/** Reads `EPOCH:OFFSET` or `0`; undefined when it is neither. */
export function parseAfter(text: string): Cursor | undefined {
  if (text === '0') return 'start';
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: Number(match[1]), offset: Number(match[2]) };
}
