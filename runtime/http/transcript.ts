/** `GET /sessions/SLUG/transcript.{json,txt,srt,vtt}`: a whole run as a file, also while it goes on. */
import type { TranscriptFormat } from '../../actors/exports/worker.ts';
import { writeTranscript } from '../../actors/exports/write-transcript.ts';
import { LogError } from '../../actors/log/port.ts';
import type { SessionDirectory } from '../directory.ts';
import { errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';

export interface TranscriptRequest {
  directory: SessionDirectory;
  /** `format` is one of the formats: the route takes no other. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

const types: Readonly<Record<TranscriptFormat, string>> = {
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
};

export async function transcript({ directory, params, query }: TranscriptRequest): Promise<Answer> {
  const { slug = '' } = params;
  const format = params['format'] as TranscriptFormat;
  const epoch = query.get('epoch');
  const language = query.get('language')?.toLowerCase();
  if (epoch !== null && !/^\d{1,15}$/.test(epoch)) return badRequest('epoch must be the number of a run.');
  if (language !== undefined && !/^[a-z]{2,3}$/.test(language)) return badRequest('language must be a code.');
  try {
    const run = await directory.transcript(slug, epoch === null ? undefined : Number(epoch));
    if (run === undefined) return errorAnswer('no_such_session');
    const body = await writeTranscript({ format, run, language });
    if (body === undefined) return errorAnswer('at_capacity');
    const name = `${slug}-${run.epoch}${language === undefined ? '' : `.${language}`}.${format}`;
    const headers = { 'cache-control': 'no-cache', 'content-disposition': `inline; filename="${name}"` };
    return { status: 200, headers: { 'content-type': types[format], ...headers }, body };
  } catch (error) {
    if (error instanceof LogError) return errorAnswer('log_unavailable');
    throw error;
  }
}

function badRequest(detail: string): Answer {
  return errorAnswer('bad_request', { detail });
}
