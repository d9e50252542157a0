/**
 * `GET /sessions/SLUG/live` as a request that is no upgrade, and the page of the protocol that upgrades speak. Upgrades
 * do not come here: `attach.ts` has them.
 */
import { readFileSync } from 'node:fs';
import { errorAnswer } from '../answer.ts';
import { fixed, ifChanged } from '../fixed-answer.ts';
import type { App } from '../framework.ts';
import { operation, security } from '../operation.ts';
import { slugParams } from '../schemas.ts';
import { viewerQuery } from '../viewer-request.ts';

const PROTOCOL_ADDRESS = '/protocol.md';

const attached = operation({
  id: 'attachViewer',
  tag: 'viewing',
  summary: 'Captions over WebSocket',
  description:
    'An upgrade to WebSocket, subprotocol `captiond.v2`; messages, cursors and close codes are on the protocol page. ' +
    'What a page must be able to react to is said by closing the accepted socket with a code, as pages cannot see the ' +
    'status of a refused upgrade. Where tokens are needed, one that is missing or not good closes it with 4001 or 4003; a ' +
    'browser sends it as `?token=` or as a second subprotocol `token.…`.',
  answers: { 101: { description: 'The upgrade is accepted; messages follow.' } },
  errors: ['upgrade_required', 'bad_slug', 'origin_refused', 'at_capacity'],
});

const protocol = operation({
  id: 'readProtocol',
  tag: 'viewing',
  summary: 'The protocol of viewers: every message, cursors, close codes',
  answers: {
    200: { description: 'The page.', content: { 'text/markdown': { schema: { type: 'string' } } } },
    304: { description: 'The client has it (`If-None-Match`).' },
  },
});

export function addLive(app: App): void {
  const { config, schema } = attached;
  const externalDocs = { description: 'The protocol page.', url: PROTOCOL_ADDRESS };
  app.get(
    '/sessions/:slug/live',
    { config, schema: { ...schema, params: slugParams, querystring: viewerQuery, security, externalDocs } },
    (_request, reply) =>
      reply.answer(
        errorAnswer('upgrade_required', { headers: { upgrade: 'websocket', connection: 'Upgrade, close' } }),
      ),
  );
  const page = readFileSync(new URL('../../../actors/wire/README.md', import.meta.url));
  const answer = fixed('text/markdown; charset=utf-8', page);
  app.get(PROTOCOL_ADDRESS, protocol, ({ headers }, reply) => reply.answer(ifChanged(answer, headers)));
}
