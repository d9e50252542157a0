/** What went wrong, as an answer: a request that its schema refuses, a body that is none, a fault of ours. */
import type { FastifyError, FastifyRequest } from 'fastify';
import { JSON_LEVELS_MAX } from '../../actors/json-levels.ts';
import type { Log } from '../../actors/ports.ts';
import { errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { faultsOf } from './faults.ts';
import type { ObjectSchema } from './faults.ts';
import type { App } from './framework.ts';

/** A body of more levels than are read. */
export class BodyTooDeep extends Error {}

export function answerFailures(app: App, log: Log): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const answer = answerTo(error, request);
    if (answer !== undefined) return reply.answer(answer);
    const { method, routeOptions } = request;
    log.error('a request could not be answered', { method, route: routeOptions.url, error: String(error) });
    return reply.answer(errorAnswer('failed'));
  });
}

/** Undefined for what is no fault of the request. */
function answerTo(error: FastifyError, request: FastifyRequest): Answer | undefined {
  const { body, query, params } = request;
  const described = request.routeOptions.schema;
  if (error.validation !== undefined) {
    // The router finds a route for `/watch/` too.
    if (error.validationContext === 'params') return errorAnswer(hasEmptyPart(params) ? 'not_found' : 'bad_slug');
    if (error.validationContext === 'body' && body === undefined) return errorAnswer('json_expected');
    const [schema, data] =
      error.validationContext === 'body' ? [described?.body, body] : [described?.querystring, query];
    return errorAnswer('bad_request', { detail: faultsOf(request, schema as ObjectSchema, data) });
  }
  if (error instanceof BodyTooDeep) {
    const detail = `A field must have at most ${JSON_LEVELS_MAX} levels of arrays and objects.`;
    return errorAnswer('bad_request', { detail });
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return errorAnswer('body_too_large');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' && described?.body !== undefined)
    return errorAnswer('json_expected');
  if (/^FST_ERR_CTP_(EMPTY|INVALID)_JSON_BODY$/.test(error.code)) {
    return errorAnswer('bad_request', { detail: 'The body is not valid JSON.' });
  }
  const { statusCode = 500 } = error;
  return statusCode < 500 ? errorAnswer('bad_request', { status: statusCode === 415 ? 400 : statusCode }) : undefined;
}

function hasEmptyPart(params: unknown): boolean {
  return Object.values(params as Record<string, string>).includes('');
}
