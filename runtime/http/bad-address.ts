/** An address that cannot be decoded: it reaches no route, and so not the gate either. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer } from './answer.ts';
import { give, startAnswer } from './give.ts';
import type { Trust } from './trust.ts';

export function refuseBadAddress(request: FastifyRequest, reply: FastifyReply, trust: Trust): FastifyReply {
  startAnswer(request, reply, trust);
  if (!trust.acceptsHost(request.headers.host)) return give(reply, errorAnswer('host_refused'));
  return give(reply, errorAnswer('bad_request', { detail: 'Its address is malformed.' }));
}
