/** The pages and what they load. */
import { Type } from 'typebox';
import { readOverlayOptions } from '../../web/overlay-options.js';
import { errorAnswer } from '../answer.ts';
import { contentTypes } from '../fixed-answer.ts';
import type { App } from '../framework.ts';
import { operation } from '../operation.ts';
import type { OperationOptions } from '../operation.ts';
import { slugParams } from '../schemas.ts';
import type { Shown } from '../shown.ts';
import { queryOf } from '../target.ts';

const page = { 'text/html': { schema: { type: 'string' } } };
const unchanged = { 304: { description: 'The client has it (`If-None-Match`).' } };
const described = (options: Omit<OperationOptions, 'tag' | 'isPage'>) =>
  operation({ ...options, tag: 'pages', isPage: true });

const home = described({
  id: 'showHome',
  summary: 'How to publish, running sessions, links',
  answers: { 200: { description: 'The page.', content: page } },
});

const watch = described({
  id: 'showWatchPage',
  summary: 'Live captions for readers',
  description:
    'Also before there is a session of that name: the page waits for it. It holds nothing; with tokens on it asks for ' +
    'captions with the `token` of its own address.',
  answers: { 200: { description: 'The page.', content: page }, ...unchanged },
  errors: ['bad_slug'],
});

const overlay = described({
  id: 'showOverlay',
  summary: 'Transparent captions for a browser source in OBS',
  answers: { 200: { description: 'The page.', content: page }, ...unchanged },
  errors: ['bad_slug'],
});

const asset = operation({
  id: 'readAsset',
  tag: 'pages',
  summary: 'What the pages load',
  answers: {
    200: {
      description: 'The file.',
      content: Object.fromEntries(
        [contentTypes.css, contentTypes.js, contentTypes.svg].map((type) => [
          bare(type),
          { schema: { type: 'string' } },
        ]),
      ),
    },
    ...unchanged,
  },
  errors: ['not_found'],
});

/** Options of an overlay; `readOverlayOptions` says what is wrong with them. */
const overlayQuery = Type.Object({
  size: Type.Optional(Type.String({ description: 'Height of the letters, in CSS pixels.', examples: ['48'] })),
  lines: Type.Optional(Type.String({ description: 'Lines at a time.', examples: ['2'] })),
  delayMs: Type.Optional(Type.String({ description: 'For a video that is later than its captions.' })),
  align: Type.Optional(Type.String({ description: '`left`, `center` or `right`.' })),
  color: Type.Optional(Type.String({ description: 'Hexadecimal, or the name of a colour.', examples: ['ffcc00'] })),
  language: Type.Optional(Type.String({ description: 'A code, or two: one above the other.', examples: ['en,fr'] })),
});

const assetParams = Type.Object({
  folder: Type.String({ examples: ['web'] }),
  file: Type.String({ examples: ['base.css'] }),
});

export function addPages(app: App, { pages }: Shown): void {
  app.get('/', home, ({ headers }, reply) => reply.answer(pages.home(headers)));
  app.get('/watch/:slug', { ...watch, schema: { ...watch.schema, params: slugParams } }, ({ headers }, reply) =>
    reply.answer(pages.watch(headers)),
  );
  app.get(
    '/overlay/:slug',
    { ...overlay, schema: { ...overlay.schema, params: slugParams, querystring: overlayQuery } },
    ({ headers, raw }, reply) => {
      const options = readOverlayOptions(queryOf(raw.url));
      if ('fault' in options) return reply.answer(errorAnswer('bad_request', { detail: options.fault }));
      return reply.answer(pages.overlay(headers));
    },
  );
  app.get(
    '/assets/:folder/:file',
    { ...asset, schema: { ...asset.schema, params: assetParams } },
    ({ params, headers }, reply) =>
      reply.answer(pages.asset(`${params.folder}/${params.file}`, headers) ?? errorAnswer('not_found')),
  );
}

function bare(type: string): string {
  return type.split(';')[0] ?? type;
}
