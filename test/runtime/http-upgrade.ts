import t from 'tap';
import type { WebSocket } from 'ws';
import { attempt, raw, startHttp } from '../support/http-server.ts';

const LIVE = '/sessions/talk/live';

void t.test('the subprotocol decides the version, and its absence means the old shape', async (t) => {
  await using server = await startHttp();
  const url = server.url(LIVE);
  t.strictSame(await attempt(url, { protocols: ['captiond.v2'] }), { greeting: 'hello', protocol: 'captiond.v2' });
  t.strictSame(await attempt(url), { greeting: 'hello', protocol: '' });
  const both = await attempt(url, { protocols: ['token.abc', 'captiond.v2'] });
  t.equal(both.protocol, 'captiond.v2');
  t.strictSame(
    server.attached.map(({ version }) => version),
    ['v2', 'v1', 'v2'],
  );
});

void t.test('offered subprotocols that are not known are not chosen', async (t) => {
  await using server = await startHttp();
  const answer = await raw(server.host, `${upgradeOf(LIVE)}Sec-WebSocket-Protocol: other\r\n\r\n\x88\x80abcd`);
  t.match(answer, /^HTTP\/1\.1 101 /);
  t.notMatch(answer, /sec-websocket-protocol/i);
  t.equal(server.attached[0]?.version, 'v1');
});

void t.test('the query says where to resume and whether partials are wanted', async (t) => {
  await using server = await startHttp();
  for (const query of ['', '?partials=0', '?partials=1', '?after=7:12', '?after=0']) {
    t.equal((await attempt(server.url(LIVE + query))).greeting, 'hello', query);
  }
  t.strictSame(
    server.attached.map(({ partials }) => partials),
    [true, false, true, true, true],
  );
  t.strictSame(
    server.attached.map(({ after }) => after !== undefined),
    [false, false, false, true, true],
  );
});

void t.test('a query that makes no sense closes the viewer with what was expected', async (t) => {
  await using server = await startHttp();
  const expected: [string, RegExp][] = [
    ['?after=yesterday', /after must be EPOCH:OFFSET or 0/],
    ['?after=7:-1', /after must be/],
    ['?after=', /after must be/],
    ['?partials=no', /partials must be 0 or 1/],
  ];
  for (const [query, reason] of expected) {
    const end = await attempt(server.url(LIVE + query));
    t.equal(end.code, 1008, query);
    t.match(end.reason, reason);
  }
  t.equal(server.attached.length, 0);
});

void t.test('a viewer of a session that does not exist is let in and closed with 4004', async (t) => {
  await using server = await startHttp();
  const end = await attempt(server.url('/sessions/nobody/live'));
  t.strictSame(end, { code: 4004, reason: 'no_such_session' });
});

void t.test('a viewer beyond MAX_VIEWERS is closed with 1013, and has a place when another leaves', async (t) => {
  await using server = await startHttp({ limits: { maxViewers: 1, allowedOrigins: [] } });
  const { promise, resolve: keep } = Promise.withResolvers<WebSocket>();
  await attempt(server.url(LIVE), { keep });
  t.strictSame(await attempt(server.url(LIVE)), { code: 1013, reason: 'at_capacity' });
  const first = await promise;
  const gone = new Promise((resolve) => first.on('close', resolve));
  first.close();
  await gone;
  t.equal((await attempt(server.url(LIVE))).greeting, 'hello');
});

void t.test('a crowd that is told to come back later is bounded too', async (t) => {
  await using server = await startHttp({ limits: { maxViewers: 0, allowedOrigins: [] } });
  const deaf = Array.from({ length: 100 }, () => raw(server.host, `${upgradeOf(LIVE)}\r\n`));
  const end = await attempt(server.url(LIVE));
  t.equal(end.status, 503);
  t.match(end.body, /at_capacity/);
  t.equal(end.retryAfter, '1', 'and is told when');
  const answers = await Promise.all(deaf);
  t.ok(answers.every((answer) => answer.startsWith('HTTP/1.1 101 ')));
});

void t.test('upgrades elsewhere are refused with a status', async (t) => {
  await using server = await startHttp();
  t.match(await attempt(server.url('/')), { status: 404, body: /not_found/ });
  t.match(await attempt(server.url('/watch/talk')), { status: 404 });
  t.match(await attempt(server.url('/sessions/TALK/live')), { status: 400, body: /bad_slug/ });
  t.match(await raw(server.host, `${upgradeOf('/sessions/%ff/live')}\r\n`), /^HTTP\/1\.1 400 [^]*bad_request/);
});

void t.test('a malformed upgrade is refused and harms nobody', async (t) => {
  await using server = await startHttp();
  const head = `GET ${LIVE} HTTP/1.1\r\nHost: ${server.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  for (const rest of ['', 'Sec-WebSocket-Key: short\r\n', 'Sec-WebSocket-Version: 99\r\n']) {
    t.match(await raw(server.host, `${head}${rest}\r\n`), /^HTTP\/1\.1 4\d\d [^]*"code":"bad_request"/);
  }
  const other = `GET /healthz HTTP/1.1\r\nHost: ${server.host}\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`;
  t.match(await raw(server.host, other), /^HTTP\/1\.1 200 /, 'other protocols are not spoken, the request is answered');
  t.equal((await attempt(server.url(LIVE))).greeting, 'hello');
});

void t.test('a message above the limit closes its viewer', async (t) => {
  await using server = await startHttp();
  const { promise, resolve: keep } = Promise.withResolvers<WebSocket>();
  await attempt(server.url(LIVE), { keep });
  const viewer = await promise;
  const code = new Promise((resolve) => viewer.on('close', resolve));
  viewer.send('x'.repeat(20_000));
  t.equal(await code, 1009);
});

/** A well-formed upgrade request up to its last header. */
function upgradeOf(path: string): string {
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}`;
}
