/** `GET /healthz` and `GET /readyz`: for whoever keeps the server running. */
import { errors } from '../../../machines/errors.ts';
import type { ErrorCode } from '../../../machines/errors.ts';
import { errorAnswer, json } from '../answer.ts';
import type { Answer } from '../answer.ts';
import type { App } from '../framework.ts';
import { operation } from '../operation.ts';
import type { Readiness } from '../readiness.ts';
import type { Shown } from '../shown.ts';

const health = operation({
  id: 'readHealth',
  tag: 'probes',
  summary: 'Is it alive?',
  isProbe: true,
  answers: { 200: { description: 'It is.', content: status('ok') } },
});

const ready = operation({
  id: 'readReadiness',
  tag: 'probes',
  summary: 'Can sessions be taken?',
  isProbe: true,
  answers: { 200: { description: 'They can.', content: status('ready') } },
  errors: ['server_not_ready', 'server_draining', ['transcriber_unavailable', 503]],
});

export function addProbes(app: App, { readiness }: Shown): void {
  app.get('/healthz', health, (_request, reply) => reply.answer(json(200, { status: 'ok' })));
  app.get('/readyz', ready, (_request, reply) => reply.answer(answerTo(readiness())));
}

function status(word: string) {
  const properties = { status: { type: 'string', const: word } };
  const schema = { type: 'object', additionalProperties: false, required: ['status'], properties };
  return { 'application/json': { schema, example: { status: word } } };
}

function answerTo({ ready: isReady, reason = 'server_not_ready' }: Readiness): Answer {
  if (isReady) return json(200, { status: 'ready' });
  return isErrorCode(reason)
    ? errorAnswer(reason, { status: 503 })
    : errorAnswer('server_not_ready', { detail: `${reason}.` });
}

function isErrorCode(reason: string): reason is ErrorCode {
  return Object.hasOwn(errors, reason);
}
