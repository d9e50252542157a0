/** With `AUTH_SECRET`, over HTTP: API, event streams, metrics and inspector are for tokens that allow them. */
import t from 'tap';
import type { Scope } from '../../runtime/access/port.ts';
import { badTokens, bearerOf, guarded, queryOf, statusOf, tokenFor } from '../support/bad-tokens.ts';
import { attempt } from '../support/http-server.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';

t.setTimeout(120_000);

/** Every route that shows or changes a session, with what it needs. */
const routes: [method: string, path: string, scope: Scope, otherScope: Scope][] = [
  ['GET', '/sessions/talk', 'view', 'publish'],
  ['GET', '/sessions/talk/events', 'view', 'publish'],
  ['GET', '/sessions/talk/transcript.json', 'view', 'publish'],
  ['GET', '/sessions/talk/transcript.txt', 'view', 'publish'],
  ['GET', '/sessions/talk/transcript.srt', 'view', 'publish'],
  ['GET', '/sessions/talk/transcript.vtt', 'view', 'publish'],
  ['DELETE', '/sessions/talk', 'admin', 'view'],
  ['POST', '/sessions', 'admin', 'view'],
  ['POST', '/sessions/talk/tokens', 'admin', 'view'],
];

void t.test('a request with a wrong token is refused with the status, and nothing is done', async (t) => {
  await using server = await guarded();
  await publishRtmp({ port: server.addresses.rtmp.port, name: `talk?token=${await tokenFor('*', ['publish'])}` });
  const bodyOf = (method: string) =>
    method === 'POST' ? { body: '{"slug":"made"}', headers: { 'content-type': 'application/json' } } : {};
  for (const [method, path, scope, otherScope] of routes) {
    for (const { name, token, code } of badTokens('talk', scope, otherScope)) {
      const { headers = {}, ...body } = bodyOf(method);
      const asked = [
        fetch(server.httpUrl(`${path}${queryOf(token)}`), { method, headers, ...body }),
        fetch(server.httpUrl(path), { method, headers: { ...headers, ...bearerOf(token) }, ...body }),
      ];
      for (const response of await Promise.all(asked)) {
        t.equal(response.status, statusOf[code], `${method} ${path}: ${name}`);
        t.match(await response.json(), { error: { code } });
      }
    }
  }
  t.equal(server.server.registry.live('talk')?.channel.hub.counts.attached, 0, 'no event stream was counted');
  t.strictSame(
    server.server.registry.liveSessions().map(({ slug }) => slug),
    ['talk'],
    'none was made, none was stopped',
  );
  for (const path of ['/', '/watch/talk', '/overlay/talk', '/assets/web/watch.js', '/healthz', '/openapi.json']) {
    t.equal((await fetch(server.httpUrl(path))).status, 200, `${path} holds nothing`);
  }
});

void t.test('a list shows what the token may view; an event stream ends with its token', async (t) => {
  await using server = await guarded();
  const { port } = server.addresses.rtmp;
  const publish = await tokenFor('*', ['publish']);
  for (const name of ['talk', 'other']) await publishRtmp({ port, name: `${name}?token=${publish}` });
  const listed = async (token: string) => {
    const { sessions } = (await (await fetch(server.httpUrl(`/sessions?token=${token}`))).json()) as {
      sessions: { slug: string }[];
    };
    return sessions.map(({ slug }) => slug).toSorted((a, b) => a.localeCompare(b));
  };
  t.strictSame(await listed(await tokenFor('talk', ['view'])), ['talk']);
  t.strictSame(await listed(await tokenFor('*', ['view'])), ['other', 'talk']);
  t.equal((await fetch(server.httpUrl('/sessions'))).status, 401);
  const short = await tokenFor('talk', ['view'], 2);
  const stream = await fetch(server.httpUrl(`/sessions/talk/events?token=${short}`));
  t.equal(stream.status, 200);
  t.match(await stream.text(), /event: session/, 'it ended, or this would still wait');
  t.equal((await fetch(server.httpUrl(`/sessions/talk/events?token=${short}`))).status, 401, 'the browser stops');
});

void t.test('metrics and inspector are for admin of every session', async (t) => {
  await using server = await guarded();
  const { host, port } = server.addresses.admin;
  const url = (path: string) => `http://${host}:${port}${path}`;
  for (const path of ['/metrics', '/inspect', '/inspect/live?session=*']) {
    const join = path.includes('?') ? '&' : '?';
    for (const { name, token, code } of badTokens('*', 'admin', 'view')) {
      const query = token === undefined ? '' : `${join}token=${token}`;
      for (const [where, asked] of [
        ['query', fetch(url(`${path}${query}`))],
        ['header', fetch(url(path), { headers: bearerOf(token) })],
      ] as const) {
        const response = await asked;
        t.equal(response.status, statusOf[code], `${path} ${where}: ${name}`);
        t.equal(response.headers.get('www-authenticate') !== null, statusOf[code] === 401);
        t.match(await response.json(), { error: { code } });
      }
    }
    const own = await fetch(url(path), { headers: bearerOf(await tokenFor('talk', ['admin'])) });
    t.equal(own.status, 403, 'admin of one session');
  }
  const admin = await tokenFor('*', ['admin']);
  t.match(await (await fetch(url(`/metrics?token=${admin}`))).text(), /^sessions/m);
  t.equal((await fetch(url('/inspect'), { headers: bearerOf(admin) })).status, 200);
  for (const path of ['/healthz', '/inspect/assets/inspect.js', '/inspect/charts/session.svg']) {
    t.equal((await fetch(url(path))).status, 200, `${path} holds nothing`);
  }
  const live = (query: string) => attempt(`ws://${host}:${port}/inspect/live?session=*${query}`);
  t.match(await live(''), { status: 401, body: /token_missing/ });
  t.match(await live(`&token=${await tokenFor('*', ['view'])}`), { status: 403 });
  t.match(await live(`&token=${admin}`), { greeting: /"sessions"/ });
  const closed = Promise.withResolvers<number>();
  await attempt(`ws://${host}:${port}/inspect/live?session=*`, {
    headers: bearerOf(await tokenFor('*', ['admin'], 2)),
    keep: (socket) => socket.once('close', closed.resolve),
  });
  t.equal(await closed.promise, 4001, 'an inspector is closed when its token expires');
});
