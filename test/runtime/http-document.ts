/** The OpenAPI document and the routes say the same, and it is one that other people's tools can read. */
import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { createListener } from '../../runtime/http/listener.ts';
import { createApp } from '../../runtime/http/app.ts';
import type { AppOptions } from '../../runtime/http/app.ts';
import { DescribedApi } from '../support/described-api.ts';
import type { ApiDocument } from '../support/described-api.ts';

/** The routes alone: nobody asks them for anything. */
const app = await createApp({
  shown: {} as AppOptions['shown'],
  trust: { acceptsHost: () => true, acceptsOrigin: () => true },
  listener: (handler) => createListener(handler, { connectionsMax: 1, timing: undefined, certificates: undefined }),
});
t.teardown(() => app.close());
const document = app.swagger() as unknown as ApiDocument;

/** `METHOD /path/{parameter}` of each line of the router's own drawing of its tree. */
function routesOf(drawing: string): string[] {
  const parents: string[] = [];
  return drawing.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([│├└─ ]*)(\S+)(?: \(([A-Z, ]+)\))?$/u.exec(line) ?? [];
    if (part === '') return [];
    const depth = indent.length / 4;
    const path = `${parents[depth - 1] ?? ''}/${part}`.replace(/\/+/g, '/');
    parents[depth] = path;
    return methods.split(', ').map((method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  });
}

void t.test('every route is documented, and nothing else is', (t) => {
  const { operations } = new DescribedApi(document);
  const documented = operations.map(({ method, path }) => `${method} ${path}`);
  const routes = routesOf(app.printRoutes({ commonPrefix: false }));
  t.ok(routes.length > 20);
  t.strictSame(documented.toSorted(), routes.filter((route) => !route.startsWith('HEAD ')).toSorted());
  t.strictSame(routesOf('└── / (GET)\n    ├── a (GET)\n    │   └── /:b (PUT, HEAD)\n    └── c (GET)\n'), [
    ...['GET /', 'GET /a', 'PUT /a/{b}', 'HEAD /a/{b}', 'GET /c'],
  ]);
  t.end();
});

void t.test('it is a valid document of OpenAPI 3.1', async (t) => {
  t.match(document.openapi, /^3\.1\./);
  const isValid = (what: ApiDocument) =>
    new Validator().validate({ ...structuredClone(what) }).then(({ valid }) => valid);
  t.equal(await isValid(document), true);
  t.equal(await isValid({ ...document, paths: { sessions: {} } }), false, 'the validator sees a path that is none');
});

void t.test('operations have names and answers of their own, and examples are true', (t) => {
  const api = new DescribedApi(document);
  const ids = api.operations.map(({ operationId }) => operationId);
  t.equal(new Set(ids).size, ids.length);
  t.strictSame(api.falseExamples(), []);
  const broken = JSON.stringify(document).replaceAll('"state":"live"', '"state":"alive"');
  t.not(new DescribedApi(JSON.parse(broken) as ApiDocument).falseExamples().length, 0, 'a false one is seen');
  t.end();
});
