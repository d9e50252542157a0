/** `/sessions`: list, prepare, read, end. */
import { covers } from '../../access/port.ts';
import { languageSchema, readWishes, wishesSchema } from '../../session-wishes.ts';
import { challenged, errorAnswer, json } from '../answer.ts';
import type { App } from '../framework.ts';
import { readJson } from '../json-bodies.ts';
import { operation } from '../operation.ts';
import { exampleAwaiting, exampleSession, sessionReference, sessionSchema, slugParams } from '../schemas.ts';
import type { Shown } from '../shown.ts';

const session = { 'application/json': { schema: sessionReference, example: exampleSession } };

const list = operation({
  id: 'listSessions',
  tag: 'sessions',
  summary: 'Sessions that are live or still readable',
  description: 'With tokens on, those that the token allows to view.',
  access: { scope: 'view', of: 'any' },
  answers: {
    200: {
      description: 'The sessions.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            additionalProperties: false,
            required: ['sessions'],
            properties: { sessions: { type: 'array', items: sessionReference } },
          },
          example: { sessions: [exampleSession] },
        },
      },
    },
  },
  errors: ['failed'],
});

const prepare = operation({
  id: 'prepareSession',
  tag: 'sessions',
  summary: 'Prepare a session with options of its own',
  description:
    'It waits for its publisher; viewers may attach at once. The token must be for this session, or for all.',
  access: { scope: 'admin', of: 'any' },
  answers: {
    201: {
      description: 'The session waits for its publisher.',
      content: { 'application/json': { schema: sessionReference, example: exampleAwaiting } },
      headers: { location: { type: 'string', description: 'Its address.' } },
    },
  },
  errors: [
    ...(['origin_refused', 'session_exists', 'body_too_large', 'json_expected', 'failed'] as const),
    ...(['too_many_sessions', 'server_draining', 'server_not_ready'] as const),
  ],
});

const read = operation({
  id: 'readSession',
  tag: 'sessions',
  summary: 'State and ledger of a session',
  access: { scope: 'view', of: 'session' },
  answers: { 200: { description: 'The session.', content: session } },
  errors: ['bad_slug', 'no_such_session', 'failed'],
});

const stop = operation({
  id: 'stopSession',
  tag: 'sessions',
  summary: 'End a session in order',
  access: { scope: 'admin', of: 'session' },
  answers: { 202: { description: 'The session, which is being ended.', content: session } },
  errors: ['bad_slug', 'no_such_session', 'origin_refused', 'failed'],
});

export function addSessions(app: App, shown: Shown): void {
  const { directory, control } = shown;
  app.addSchema(sessionSchema);
  app.addSchema(languageSchema);
  app.get('/sessions', list, ({ grant }, reply) => {
    const sessions = directory.list().filter(({ slug }) => grant !== undefined && covers(grant, slug));
    return reply.answer(json(200, { sessions }));
  });
  app.get('/sessions/:slug', { ...read, schema: { ...read.schema, params: slugParams } }, ({ params }, reply) => {
    const found = directory.get(params.slug);
    return reply.answer(found === undefined ? errorAnswer('no_such_session') : json(200, found));
  });
  app.delete('/sessions/:slug', { ...stop, schema: { ...stop.schema, params: slugParams } }, ({ params }, reply) => {
    const found = control.stop(params.slug);
    return reply.answer(found === undefined ? errorAnswer('no_such_session') : json(202, found));
  });
  void app.register(addPreparing, shown);
}

function addPreparing(app: App, shown: Pick<Shown, 'control' | 'access' | 'onLimit'>, done: () => void): void {
  const { control, access, onLimit } = shown;
  readJson(app, onLimit);
  app.post('/sessions', { ...prepare, schema: { ...prepare.schema, body: wishesSchema } }, async (request, reply) => {
    const { slug, wishes } = readWishes(request.body);
    if (request.grant === undefined || !covers(request.grant, slug)) {
      access.onRefusal?.('admin', 'token_not_for_this');
      return reply.answer(challenged(errorAnswer('token_not_for_this')));
    }
    const made = await control.prepare(slug, wishes);
    if ('slug' in made) return reply.answer(json(201, made, { location: `/sessions/${made.slug}` }));
    const { code, ...particulars } = made;
    return reply.answer(errorAnswer(code, particulars));
  });
  done();
}
