/** Bodies that are hostile or mistaken: each is answered, none is obeyed, and nothing is left behind by it. */
import t from 'tap';
import { raw, startHttp } from '../support/http-server.ts';

const prepared: unknown[] = [];
const server = await startHttp({
  control: {
    prepare: (slug, wishes) => {
      prepared.push({ slug, wishes });
      return Promise.resolve({ code: 'session_exists' });
    },
    stop: () => undefined,
  },
});
t.teardown(() => server[Symbol.asyncDispose]());

/** The whole answer to a request with this body. */
function send(line: string, body: string, type = 'application/json'): Promise<string> {
  const length = Buffer.byteLength(body);
  const head = `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
  return raw(server.host, head + body);
}

const levels = (count: number): string => `${'['.repeat(count)}${']'.repeat(count)}`;
const nested = levels(30_000);
const refused: [what: string, body: string, answer: RegExp][] = [
  ['no JSON', '{"slug":', /^HTTP\/1\.1 400 [^]*not valid JSON/],
  ['nothing', '', /^HTTP\/1\.1 400 [^]*not valid JSON/],
  ['null', 'null', /^HTTP\/1\.1 400 [^]*must be an object/],
  ['a list', '[{"slug":"a"}]', /^HTTP\/1\.1 400 [^]*must be an object/],
  ['deep nesting', nested, /^HTTP\/1\.1 400 [^]*at most 8 levels/],
  [
    'one level too many',
    `{"slug":"a","vocabulary":${levels(9)}}`,
    /^HTTP\/1\.1 400 [^]*"bad_request"[^]*at most 8 levels/,
  ],
  ['the deepest that is read', `{"slug":"a","vocabulary":${levels(8)}}`, /^HTTP\/1\.1 400 [^]*vocabulary must be/],
  ['a prototype', '{"slug":"a","__proto__":{"region":"eu-west"}}', /^HTTP\/1\.1 400 /],
  ['a prototype, escaped', '{"slug":"a","\\u005f_proto__":{"region":"eu-west"}}', /^HTTP\/1\.1 400 /],
  ['a constructor', '{"slug":"a","constructor":{"prototype":{"region":"eu-west"}}}', /^HTTP\/1\.1 400 /],
  ['a method of objects', '{"slug":"a","toString":1}', /^HTTP\/1\.1 400 [^]*toString is not known/],
  ['a prototype below', '{"slug":"a","spelling":{"__proto__":["x"]}}', /^HTTP\/1\.1 400 /],
  ['a number as text', '{"slug":"a","endpointing":"1"}', /^HTTP\/1\.1 400 [^]*endpointing must be a number/],
  ['text as a list', '{"slug":"a","languages":"en"}', /^HTTP\/1\.1 400 [^]*languages must be a list/],
  ['an unknown field of a word', '{"slug":"a","vocabulary":[{"value":"x","y":1}]}', /400 [^]*vocabulary must be/],
  ['a long unknown name', `{"slug":"a","${'x'.repeat(9_000)}":1}`, /^HTTP\/1\.1 400 [^]*[^x]x{40} is not known/],
];

for (const [what, body, answer] of refused) {
  void t.test(`${what} is refused`, async (t) => {
    t.match(await send('POST /sessions', body), answer);
    t.strictSame(prepared, [], 'nothing was prepared');
  });
}

void t.test('faults beyond a number are not told, however many there are', async (t) => {
  const fields = Array.from({ length: 5_000 }, (_, index) => `"k${index}":1`);
  const answer = await send('POST /sessions', `{${fields.join(',')}}`);
  t.equal(answer.match(/is not known/g)?.length, 20);
});

void t.test('a type that is not JSON is refused, whatever it is', async (t) => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'garbage', 'application/json+x', ';']) {
    t.match(await send('POST /sessions', '{"slug":"a"}', type), /^HTTP\/1\.1 415 [^]*json_expected/, type);
  }
  t.strictSame(prepared, []);
});

void t.test('where no body is wanted none is looked at, and the connection ends', async (t) => {
  t.match(await send('DELETE /sessions/nobody', '{"slug":', 'application/json'), /^HTTP\/1\.1 404 [^]*no_such_session/);
  t.match(await send('POST /nowhere', 'x'.repeat(100_000), 'text/plain'), /^HTTP\/1\.1 404 [^]*not_found/);
  t.match(await send('GET /healthz', '{}'), /^HTTP\/1\.1 200 /);
});

void t.test('a good body is taken as it is', async (t) => {
  const body = '{"slug":"a","transcriber":"gladia","spelling":{"toString":["to string"]}}';
  t.match(await send('POST /sessions', body), /^HTTP\/1\.1 409 /);
  const wishes = { transcriber: 'gladia', gladia: { spelling: { toString: ['to string'] } } };
  t.strictSame(prepared, [{ slug: 'a', wishes }]);
});
