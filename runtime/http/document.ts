/** `GET /openapi.json`: the API described, made from the schemas of the routes. */
import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import { fixed, ifChanged } from './fixed-answer.ts';
import type { App } from './framework.ts';
import { operation } from './operation.ts';

const described = operation({
  id: 'readDocument',
  tag: 'probes',
  summary: 'This document',
  answers: {
    200: { description: 'The API described.', content: { 'application/json': { schema: { type: 'object' } } } },
    304: { description: 'The client has it (`If-None-Match`).' },
  },
});

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
}

/** Sees every route that is added after it. */
export async function describeRoutes(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: manifest.name,
        version: manifest.version,
        description: `${manifest.description}\n\n${conventions}`,
        license: { name: 'Apache-2.0', identifier: manifest.license },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'sessions', description: 'What there is, and what becomes of it.' },
        { name: 'viewing', description: 'Captions, live and as files.' },
        { name: 'pages', description: 'For people.' },
        { name: 'probes', description: 'For whoever keeps the server running, and for tools.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token of this server.' },
          token: { type: 'apiKey', in: 'query', name: 'token', description: 'The same, where no header can be set.' },
        },
      },
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, at) => (typeof $id === 'string' ? $id : `at-${at}`),
    },
  });
}

const conventions = [
  'Errors are `{"error":{"code","message"}}`: match on the code, show the message.',
  'Every address also takes HEAD where it takes GET, and answers 405 with `allow` to other methods; what there is',
  'nothing at answers 404. Tokens are needed only where the server has an `AUTH_SECRET`.',
].join(' ');

/** Call it when every route is there. */
export function addDocument(app: App): void {
  let document: ReturnType<typeof fixed> | undefined;
  app.get('/openapi.json', described, ({ headers }, reply) => {
    document ??= fixed('application/json; charset=utf-8', Buffer.from(`${JSON.stringify(app.swagger())}\n`));
    return reply.answer(ifChanged(document, headers));
  });
}
