/** Everything that the OpenAPI document says is so: each answer of each operation is had for real and held to its schema. */
import t from 'tap';
import { errors } from '../../machines/errors.ts';
import { Worlds } from '../support/api-worlds.ts';
import { casesOf, DescribedApi } from '../support/described-api.ts';
import type { ApiDocument, Case } from '../support/described-api.ts';
import { ask, provocationOf } from '../support/provocations.ts';

t.setTimeout(120_000);

const worlds = new Worlds();
t.teardown(() => worlds[Symbol.asyncDispose]());
const usual = await worlds.at('usual');
const document = (await (await fetch(usual.url('/openapi.json'))).json()) as ApiDocument;
const api = new DescribedApi(document);

function nameOf({ status, code }: Case): string {
  return code === undefined ? String(status) : `${status} ${code}`;
}

for (const operation of api.operations) {
  void t.test(`${operation.method} ${operation.path} gives each answer that is documented`, async (t) => {
    const cases = casesOf(operation);
    t.ok(cases.length >= 3, 'there is more than success');
    for (const each of cases) {
      const provocation = provocationOf(operation, each);
      if (provocation === undefined) {
        t.fail(`nothing provokes ${nameOf(each)}`);
        continue;
      }
      const seen = await provocation.provoke(await worlds.at(provocation.world), operation);
      t.equal(seen.status, each.status, nameOf(each));
      if (each.code !== undefined) t.match(seen.body, `"code":"${each.code}"`);
      t.equal(api.faultOf(operation, seen), undefined, nameOf(each));
    }
  });
}

void t.test('an error is a page for a browser where that is documented, and nowhere else', async (t) => {
  const headers = { accept: 'text/html', host: 'evil.example' };
  for (const operation of api.operations.filter(({ responses }) => '421' in responses)) {
    const seen = await ask(usual, operation, { headers });
    const isPage = operation.responses['421']?.content?.['text/html'] !== undefined;
    t.equal(String(seen.headers['content-type']).startsWith('text/html'), isPage, operation.path);
    t.equal(api.faultOf(operation, seen), undefined);
  }
});

void t.test('the check sees what the document does not know', async (t) => {
  const read = api.operations.find(({ operationId }) => operationId === 'readSession');
  if (read === undefined) throw new Error('there is no such operation');
  const good = await ask(usual, read);
  t.equal(api.faultOf(read, good), undefined);
  t.match(api.faultOf(read, { ...good, status: 418 }), /418 is not documented/);
  t.match(api.faultOf(read, { ...good, headers: { 'content-type': 'text/html' } }), /is text\/html/);
  const more = { ...(JSON.parse(good.body) as object), more: 1 };
  t.match(api.faultOf(read, { ...good, body: JSON.stringify(more) }), /additional properties/);
  const wrong = { ...(JSON.parse(good.body) as object), state: 'gone', startedAt: 'today' };
  t.match(api.faultOf(read, { ...good, body: JSON.stringify(wrong) }), /must be equal to one of|must match format/);
  const strange = { error: { code: 'token_missing', message: errors.token_missing.sentence } };
  t.match(api.faultOf(read, { ...good, status: 404, body: JSON.stringify(strange) }), /must be equal to one of/);
});

void t.test('an address takes no other method than those that are documented, and HEAD', async (t) => {
  for (const path of new Set(api.operations.map((each) => each.path))) {
    const known = api.operations.filter((each) => each.path === path);
    const methods = known.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    for (const method of ['PUT', 'OPTIONS', 'PROPFIND']) {
      const [first] = known;
      if (first === undefined) continue;
      const seen = await ask(usual, { ...first, method });
      t.match(seen, { status: 405, headers: { allow: methods.toSorted().join(', ') } }, `${method} ${path}`);
    }
  }
});
