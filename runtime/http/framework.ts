/**
 * Fastify as it is used here: a router with validation, and nothing of its own that a client could see.
 *
 * No log, no trust in a proxy's headers, no conversion of values, no field that is dropped in silence. Answers are plain
 * values (`Answer`) and leave through `reply.answer`.
 */
import type { RequestListener, Server } from 'node:http';
import { fastify } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Grant } from '../access/port.ts';
import type { Answer } from './answer.ts';
import { refuseBadAddress } from './bad-address.ts';
import { refuseMalformed } from './listener.ts';
import type { RouteAccess } from './operation.ts';
import { originForm, TARGET_MAX } from './target.ts';
import type { Trust } from './trust.ts';

/** Largest body taken. */
export const BODY_MAX_BYTES = 65_536;
/** Stands for an address that is malformed: the router cannot decode it either. */
const MALFORMED = '/%';

export interface FrameworkOptions {
  trust: Trust;
  /** Makes the server that the routes answer on; listening is the caller's. */
  listener: (handler: RequestListener) => Server;
}

/** An application whose routes know the types of their schemas. */
export type App = ReturnType<typeof createFramework>;

export function createFramework({ trust, listener }: FrameworkOptions) {
  const app = fastify({
    serverFactory: (handler) => listener(handler),
    logger: false,
    trustProxy: false,
    requestIdHeader: false,
    return503OnClosing: false,
    bodyLimit: BODY_MAX_BYTES,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: TARGET_MAX },
    rewriteUrl: ({ url }) => originForm(url) ?? MALFORMED,
    frameworkErrors: (_error, request, reply) => void refuseBadAddress(request, reply, trust),
    clientErrorHandler: refuseMalformed,
    ajv: {
      customOptions: {
        strict: true,
        allErrors: false,
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        keywords: ['x-expected'],
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Answers are bytes when they come here; the schemas of answers describe, and the tests hold answers to them.
  app.setSerializerCompiler(() => JSON.stringify);
  app.removeAllContentTypeParsers();
  // A body that nobody asked for is not read; the gate sees to it that its connection ends.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.decorateRequest('grant', undefined);
  return app;
}

declare module 'fastify' {
  interface FastifyReply {
    /** Sends an answer; an error as a page where people look, when the client is a browser that shows it. */
    answer(answer: Answer): FastifyReply;
  }
  interface FastifyRequest {
    /** What the request's token allows; undefined where nothing had to be asked. */
    grant: Grant | undefined;
  }
  interface FastifyContextConfig {
    /** What one must be allowed to do to be answered; undefined: nothing. */
    access?: RouteAccess | undefined;
    /** Looked at by people: its errors are pages. */
    isPage?: boolean;
    /** Answers to any name of the server: probes know it by its address. */
    isProbe?: boolean;
  }
}
