/** `POST /sessions/SLUG/tokens`: who administers a session makes tokens that allow less, for a shorter time. */
import t from 'tap';
import { Tokens } from '../../runtime/access/tokens.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { bearerOf, guarded, SECRET, tokenFor } from '../support/bad-tokens.ts';
import { attempt } from '../support/http-server.ts';

t.setTimeout(60_000);

const json = { 'content-type': 'application/json' };

interface Issued {
  token: string;
  expiresAt: string;
}

/** Asks for a token of `talk` with another one. */
function order(server: TestServer, token: string | undefined, body: unknown): Promise<Response> {
  const headers = { ...json, ...bearerOf(token) };
  return fetch(server.httpUrl('/sessions/talk/tokens'), { method: 'POST', headers, body: JSON.stringify(body) });
}

void t.test('what is made allows what was ordered of that session, and makes no further ones', async (t) => {
  await using server = await guarded();
  const admin = await tokenFor('talk', ['admin']);
  const askedMs = Date.now();
  const response = await order(server, admin, { scopes: ['view', 'ai'], ttlS: 600 });
  t.match(response, { status: 201 });
  t.equal(response.headers.get('cache-control'), 'no-store');
  const { token, expiresAt } = (await response.json()) as Issued;
  const expiresAtMs = Date.parse(expiresAt);
  t.ok(Math.abs(expiresAtMs - askedMs - 600_000) < 5_000, expiresAt);
  const claims = { session: 'talk', scopes: new Set(['view', 'ai']), expiresAtMs };
  t.strictSame(await new Tokens(SECRET).read(token), claims);
  const live = await attempt(server.watchUrl('talk'), { protocols: ['captiond.v2', `token.${token}`] });
  t.match(live, { code: 4004 }, 'good for the session before there is one');
  t.match(await attempt(server.watchUrl('other'), { headers: bearerOf(token) }), { code: 4003 });
  t.equal((await order(server, token, { scopes: ['view'], ttlS: 600 })).status, 403);
  t.equal((await order(server, await tokenFor('other', ['admin']), { scopes: ['view'], ttlS: 600 })).status, 403);
});

void t.test('a token never outlives the one that asked for it', async (t) => {
  await using server = await guarded();
  const admin = await tokenFor('*', ['admin'], 30);
  const { expiresAtMs } = (await new Tokens(SECRET).read(admin)) as { expiresAtMs: number };
  const { token, expiresAt } = (await (await order(server, admin, { scopes: ['view'], ttlS: 600 })).json()) as Issued;
  t.equal(Date.parse(expiresAt), expiresAtMs);
  t.match(await new Tokens(SECRET).read(token), { session: 'talk', expiresAtMs });
});

void t.test('every field that is wrong is named with what was expected', async (t) => {
  await using server = await guarded();
  const admin = await tokenFor('talk', ['admin']);
  const scopes = /scopes must be a list of some of "publish", "view", "ai", each once\./;
  const ttlS = /ttlS must be a whole number of seconds from 1 to 604800 \(a week\)\./;
  const wrong: [unknown, RegExp][] = [
    [{}, /scopes must be given\. ttlS must be given\./],
    [{ scopes: [], ttlS: 60 }, scopes],
    [{ scopes: ['admin'], ttlS: 60 }, scopes],
    [{ scopes: ['view', 'admin'], ttlS: 60 }, scopes],
    [{ scopes: ['view', 'view'], ttlS: 60 }, scopes],
    [{ scopes: 'view', ttlS: 60 }, scopes],
    [{ scopes: ['view'], ttlS: 0 }, ttlS],
    [{ scopes: ['view'], ttlS: 1.5 }, ttlS],
    [{ scopes: ['view'], ttlS: '60' }, ttlS],
    [{ scopes: ['view'], ttlS: 604_801 }, ttlS],
    [{ scopes: ['view'], ttlS: 60, session: '*' }, /session is not known \(scopes, ttlS\)/],
    [{ scopes: ['x'], ttlS: -1 }, new RegExp(`${scopes.source} ${ttlS.source}`)],
  ];
  for (const [body, expected] of wrong) {
    const response = await order(server, admin, body);
    t.equal(response.status, 400, JSON.stringify(body));
    t.match(await response.json(), { error: { code: 'bad_request', message: expected } });
  }
});

void t.test('without a secret the answer says what to set', async (t) => {
  await using open = await startServer({ TRANSCRIBER: 'local' });
  const response = await order(open, undefined, { scopes: ['view'], ttlS: 60 });
  t.equal(response.status, 409);
  t.match(await response.json(), { error: { code: 'tokens_off', message: /set AUTH_SECRET/ } });
});
