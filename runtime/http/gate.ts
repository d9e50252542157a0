/**
 * What is asked of every request before anything is done for it: is the server known by that name, may a page of that
 * origin send this, and does the token allow it.
 */
import type { FastifyRequest } from 'fastify';
import { credentialsOf } from '../access/credentials.ts';
import type { Access } from '../access/port.ts';
import { challenged, errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { App } from './framework.ts';
import { startAnswer } from './give.ts';
import { queryOf } from './target.ts';
import type { Trust } from './trust.ts';

export interface GateOptions {
  trust: Trust;
  access: Access;
}

/** Methods that change something: a page of another site may send these from its visitor's browser. */
const CHANGING = /^(POST|PUT|PATCH|DELETE)$/;

export function addGate(app: App, { trust, access }: GateOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    startAnswer(request, reply, trust);
    const refusal = refusalOf(request, trust);
    if (refusal === undefined) done();
    else reply.answer(refusal);
  });
  app.addHook('onRequest', async (request, reply): Promise<void> => {
    const needed = request.routeOptions.config.access;
    if (needed === undefined) return;
    const { slug } = request.params as { slug?: string };
    const asked = { scope: needed.scope, ...strangerOf(request) };
    const answer = await (needed.of === 'any' ? access.checkAny(asked) : access.check({ ...asked, slug }));
    if (answer.allowed) request.grant = answer;
    else await reply.answer(challenged(errorAnswer(answer.code)));
  });
}

function strangerOf({ headers, raw }: FastifyRequest) {
  const remoteAddress = raw.socket.remoteAddress ?? '';
  return { remoteAddress, protocol: 'http', ...credentialsOf(headers, queryOf(raw.url)) } as const;
}

function refusalOf({ headers, method, routeOptions }: FastifyRequest, trust: Trust): Answer | undefined {
  const { host, origin } = headers;
  if (routeOptions.config.isProbe !== true && !trust.acceptsHost(host)) return errorAnswer('host_refused');
  if (CHANGING.test(method) && !trust.acceptsOrigin(origin, host)) return errorAnswer('origin_refused');
  return undefined;
}
