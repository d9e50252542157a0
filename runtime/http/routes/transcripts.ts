/** `GET /sessions/SLUG/transcript.{json,txt,srt,vtt}`: a whole run as a file, also while it goes on. */
import { Type } from 'typebox';
import type { TranscriptFormat } from '../../../actors/exports/worker.ts';
import { writeTranscript } from '../../../actors/exports/write-transcript.ts';
import { LogError } from '../../../actors/log/port.ts';
import type { SessionDirectory } from '../../directory.ts';
import { errorAnswer } from '../answer.ts';
import type { Answer } from '../answer.ts';
import type { App } from '../framework.ts';
import { operation } from '../operation.ts';
import { languagePattern, slugParams, textOf, tokenQuery } from '../schemas.ts';
import type { Shown } from '../shown.ts';

const types: Readonly<Record<TranscriptFormat, string>> = {
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
};

const querystring = Type.Object({
  epoch: Type.Optional(
    textOf(/^\d{1,15}$/, 'the number of a run', { description: 'An earlier run; the newest one without.' }),
  ),
  language: Type.Optional(
    textOf(languagePattern, 'a code', { description: 'A language that finals were translated to.', examples: ['fr'] }),
  ),
  ...tokenQuery,
});

export function addTranscripts(app: App, { directory }: Shown): void {
  for (const format of ['json', 'txt', 'srt', 'vtt'] as const) {
    const { config, schema } = described(format);
    app.get(
      `/sessions/:slug/transcript.${format}`,
      { config, schema: { ...schema, params: slugParams, querystring } },
      async ({ params, query }, reply) => reply.answer(await transcript({ ...params, ...query, format }, directory)),
    );
  }
}

function described(format: TranscriptFormat) {
  const [mediaType = ''] = types[format].split(';');
  const schema = format === 'json' ? { type: 'object' } : { type: 'string' };
  return operation({
    id: `readTranscript${format.charAt(0).toUpperCase()}${format.slice(1)}`,
    tag: 'viewing',
    summary: `All finals of a run, as ${format}`,
    description: 'Also while the run goes on.',
    access: { scope: 'view', of: 'session' },
    answers: { 200: { description: 'The transcript so far.', content: { [mediaType]: { schema } } } },
    errors: ['bad_slug', 'no_such_session', 'at_capacity', 'log_unavailable', 'failed'],
  });
}

interface TranscriptRequest {
  slug: string;
  format: TranscriptFormat;
  epoch?: string;
  language?: string;
}

async function transcript(wanted: TranscriptRequest, directory: SessionDirectory): Promise<Answer> {
  const { slug, format, epoch } = wanted;
  const language = wanted.language?.toLowerCase();
  try {
    const run = await directory.transcript(slug, epoch === undefined ? undefined : Number(epoch));
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
