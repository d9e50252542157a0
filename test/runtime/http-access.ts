/** What the HTTP listener asks before it does anything for a stranger, and what it says to those who may not. */
import t from 'tap';
import { startHttp } from '../support/http-server.ts';
import { ScriptedAccess } from '../support/scripted-access.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

const tokens = {
  reader: { scopes: ['view'], slug: 'talk' },
  readerOfAll: { scopes: ['view'] },
  owner: { scopes: ['view', 'admin'], slug: 'talk' },
  operator: { scopes: ['view', 'admin'] },
} as const;

/** `talk` and `other` are live; what is done to sessions is written down. */
async function guarded() {
  const access = new ScriptedAccess(tokens);
  const directory = new ScriptedSessions();
  directory.start('talk');
  directory.start('other');
  const done: string[] = [];
  const control = {
    prepare: (slug: string) => {
      done.push(`prepare ${slug}`);
      return Promise.resolve({ code: 'session_exists' } as const);
    },
    stop: (slug: string) => {
      done.push(`stop ${slug}`);
      return directory.get(slug);
    },
  };
  const server = await startHttp({ access, directory, control });
  const ask = async (method: string, path: string, token?: string, slug = 'talk') => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    if (method === 'POST') headers['content-type'] = 'application/json';
    const body = method === 'POST' ? { body: JSON.stringify({ slug }) } : {};
    const answer = await fetch(server.url(path), { method, headers, ...body });
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      await answer.body?.cancel();
      return { answer, status: answer.status, code: undefined };
    }
    const text = await answer.text();
    const code = answer.status >= 400 ? (JSON.parse(text) as { error: { code: string } }).error.code : undefined;
    return { answer, text, status: answer.status, code };
  };
  return { access, server, done, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Method, path, and tokens that are good for it. */
const guardedRoutes: [method: string, path: string, good: string[]][] = [
  ['GET', '/sessions/talk', ['reader', 'readerOfAll', 'owner', 'operator']],
  ['GET', '/sessions/talk/events', ['reader', 'readerOfAll', 'owner', 'operator']],
  ['GET', '/sessions/talk/transcript.vtt', ['reader', 'readerOfAll', 'owner', 'operator']],
  ['POST', '/sessions', ['owner', 'operator']],
  ['DELETE', '/sessions/talk', ['owner', 'operator']],
];

for (const [method, path, good] of guardedRoutes) {
  void t.test(`${method} ${path} is for those who may, and does nothing for others`, async (t) => {
    await using server = await guarded();
    for (const [token, status, code] of [
      [undefined, 401, 'token_missing'],
      ['made-up', 401, 'token_invalid'],
      ['expired', 401, 'token_expired'],
      ['denied', 403, 'access_denied'],
    ] as const) {
      t.match(await server.ask(method, path, token), { status, code });
    }
    for (const token of Object.keys(tokens).filter((each) => !good.includes(each))) {
      t.match(await server.ask(method, path, token), { status: 403, code: 'token_not_for_this' }, token);
    }
    t.strictSame(server.done, [], 'nothing was done');
    for (const token of good) {
      const { status } = await server.ask(method, path, token);
      t.ok(status < 400 || status === 409, `${token}: ${status}`);
    }
  });
}

void t.test('HEAD asks for what GET asks for', async (t) => {
  await using server = await guarded();
  t.equal((await fetch(server.server.url('/sessions/talk'), { method: 'HEAD' })).status, 401);
});

void t.test('a session of another name is another question', async (t) => {
  await using server = await guarded();
  t.equal((await server.ask('GET', '/sessions/other', 'reader')).status, 403);
  t.equal((await server.ask('DELETE', '/sessions/other', 'owner')).status, 403);
  t.match(await server.ask('POST', '/sessions', 'owner', 'other'), { status: 403, code: 'token_not_for_this' });
  t.strictSame(server.done, []);
  t.equal((await server.ask('GET', '/sessions/nobody', 'reader')).status, 403, 'what there is not cannot be found out');
});

void t.test('the token may stand in the address, and a 401 says how else', async (t) => {
  await using server = await guarded();
  t.equal((await server.ask('GET', '/sessions/talk?token=reader')).status, 200);
  const missing = await server.ask('GET', '/sessions/talk');
  t.equal(missing.answer.headers.get('www-authenticate'), 'Bearer realm="captiond"');
  const { scope, slug, token, protocol, remoteAddress } = server.access.asked[0] ?? {};
  const expected = { scope: 'view', slug: 'talk', token: 'reader', protocol: 'http', remoteAddress: '127.0.0.1' };
  t.strictSame({ scope, slug, token, protocol, remoteAddress }, expected);
  t.notMatch(server.server.lines.join(''), /reader/, 'it is in no line of the log');
});

void t.test('the list has what the token allows to view', async (t) => {
  await using server = await guarded();
  const listed = async (token: string): Promise<string[]> => {
    const { text = '' } = await server.ask('GET', '/sessions', token);
    return (JSON.parse(text) as { sessions: { slug: string }[] }).sessions.map(({ slug }) => slug);
  };
  t.strictSame(await listed('operator'), ['talk', 'other']);
  t.strictSame(await listed('reader'), ['talk']);
  t.match(await server.ask('GET', '/sessions'), { status: 401, code: 'token_missing' });
  t.match(await server.ask('GET', '/sessions', 'expired'), { status: 401, code: 'token_expired' });
  t.match(await server.ask('GET', '/sessions', 'denied'), { status: 403, code: 'access_denied' });
});

void t.test('what is no secret needs no token', async (t) => {
  await using server = await guarded();
  for (const path of [
    '/',
    '/watch/talk',
    '/overlay/talk',
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/protocol.md',
    '/assets/web/base.css',
  ]) {
    t.equal((await fetch(server.server.url(path))).status, 200, path);
  }
  t.strictSame(server.access.asked, [], 'and nobody is asked');
});

void t.test('an event stream ends when its token does', async (t) => {
  const access = new ScriptedAccess({ brief: { scopes: ['view'], expiresAtMs: Date.now() + 300 } });
  const directory = new ScriptedSessions();
  const { hub } = directory.start('talk').channel;
  await using server = await startHttp({ access, directory });
  const stream = await fetch(server.url('/sessions/talk/events?token=brief'));
  t.equal(hub.size, 1);
  t.match(await stream.text(), /event: session/, 'it has an end');
  t.equal(hub.size, 0);
});
