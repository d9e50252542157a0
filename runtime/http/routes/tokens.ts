/** `/sessions/:slug/tokens`: whoever administers a session makes tokens for those who publish, watch or summarise it. */
import { Type } from 'typebox';
import type { Scope } from '../../access/port.ts';
import { errorAnswer, json } from '../answer.ts';
import type { App } from '../framework.ts';
import { readJson } from '../json-bodies.ts';
import { operation } from '../operation.ts';
import { slugParams } from '../schemas.ts';
import type { Shown } from '../shown.ts';

/** What such a token may allow; not `admin`, so that it makes no further ones. */
export const issuedScopes = ['publish', 'view', 'ai'] as const satisfies readonly Scope[];
/** A week. */
export const ISSUED_TTL_MAX_S = 604_800;

const orderSchema = Type.Object(
  {
    scopes: Type.Array(Type.Unsafe<(typeof issuedScopes)[number]>({ type: 'string', enum: issuedScopes }), {
      minItems: 1,
      maxItems: issuedScopes.length,
      uniqueItems: true,
      examples: [['view']],
      'x-expected': `a list of some of ${issuedScopes.map((scope) => `"${scope}"`).join(', ')}, each once`,
      description: 'What it allows: to publish the session, to view it, to call the language model for it.',
    }),
    ttlS: Type.Integer({
      minimum: 1,
      maximum: ISSUED_TTL_MAX_S,
      examples: [3_600],
      'x-expected': `a whole number of seconds from 1 to ${ISSUED_TTL_MAX_S} (a week)`,
      description: 'Seconds until it expires.',
    }),
  },
  { additionalProperties: false },
);

const issued = {
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['token', 'expiresAt'],
    properties: {
      token: { type: 'string', minLength: 1, description: 'The token.' },
      expiresAt: { type: 'string', format: 'date-time', description: 'From then on it allows nothing.' },
    },
  },
  example: { token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.…', expiresAt: '2026-03-01T11:00:00.000Z' },
};

const issue = operation({
  id: 'issueToken',
  tag: 'sessions',
  summary: 'Make a token for a session',
  description:
    'For viewers and publishers of a site: it asks here with its own token and hands what it gets to whom it knows. ' +
    'The session need not exist yet. What is made never outlives the token that asks for it, and is kept nowhere.',
  access: { scope: 'admin', of: 'session' },
  answers: { 201: { description: 'The token.', content: { 'application/json': issued } } },
  errors: ['bad_slug', 'origin_refused', 'tokens_off', 'body_too_large', 'json_expected', 'failed'],
});

export function addTokens(app: App, { access, onLimit }: Shown): void {
  void app.register((scope: App, _options: object, done: () => void) => {
    readJson(scope, onLimit);
    const schema = { ...issue.schema, params: slugParams, body: orderSchema };
    scope.post('/sessions/:slug/tokens', { ...issue, schema }, async ({ params, body, grant }, reply) => {
      if (access.issue === undefined) return reply.answer(errorAnswer('tokens_off'));
      const order = { session: params.slug, ...body, untilMs: grant?.expiresAtMs };
      const { token, expiresAtMs } = await access.issue(order);
      return reply.answer(json(201, { token, expiresAt: new Date(expiresAtMs).toISOString() }));
    });
    done();
  });
}
