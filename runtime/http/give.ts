/** How an answer begins, and how it leaves through Fastify. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { everywhere } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Trust } from './trust.ts';

/** Headers that every answer has, whatever it becomes. */
export function startAnswer({ headers }: FastifyRequest, reply: FastifyReply, trust: Trust): void {
  const { origin, host } = headers;
  reply.headers(everywhere);
  // Lets pages of the origins that may attach read what they asked for (Fetch standard, section 3.2).
  if (origin !== undefined && trust.acceptsOrigin(origin, host)) {
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
  }
  reply.raw.on('error', () => reply.raw.destroy());
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (hasBody) reply.raw.shouldKeepAlive = false;
}

/** Sends an answer. */
export function give(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  const isEmpty = status === 204 || status === 304;
  return reply
    .code(status)
    .headers(headers)
    .send(isEmpty ? undefined : body);
}
