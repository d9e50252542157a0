import t from 'tap';
import { createTrust } from '../../runtime/http/trust.ts';
import { attempt, raw, startHttp } from '../support/http-server.ts';

const LIVE = '/sessions/talk/live';

void t.test('a page of another site cannot attach; own pages and programs can', async (t) => {
  await using server = await startHttp();
  const from = (origin: string) => attempt(server.url(LIVE), { headers: { origin } });
  t.equal((await attempt(server.url(LIVE))).greeting, 'hello', 'no origin: no browser');
  t.equal((await from(`http://${server.host}`)).greeting, 'hello');
  for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null', 'file://', '']) {
    t.match(await from(origin), { status: 403, body: /origin_refused/ }, origin);
  }
  t.equal(server.attached.length, 2);
});

void t.test('a page whose own name was made to point here gets nothing at all', async (t) => {
  await using server = await startHttp();
  const host = 'evil.example:8080';
  const rebound = await attempt(server.url(LIVE), { headers: { host, origin: `http://${host}` } });
  t.match(rebound, { status: 421, body: /host_refused/ });
  const get = (path: string) => raw(server.host, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  t.match(await get('/sessions'), /^HTTP\/1\.1 421 /);
  t.match(await get('/'), /^HTTP\/1\.1 421 /);
  t.match(await get('/healthz'), /^HTTP\/1\.1 200 /, 'probes may use any name');
});

void t.test('ALLOWED_ORIGINS lets its sites attach and embed, and its names reach the server', async (t) => {
  const allowedOrigins = ['https://captions.example'];
  await using server = await startHttp({ limits: { maxViewers: 9, allowedOrigins } });
  const listed = await attempt(server.url(LIVE), { headers: { origin: 'https://captions.example' } });
  t.equal(listed.greeting, 'hello');
  const proxied = { host: 'captions.example', origin: 'https://captions.example' };
  t.equal((await attempt(server.url(LIVE), { headers: proxied })).greeting, 'hello');
  t.equal((await attempt(server.url(LIVE), { headers: { origin: 'https://other.example' } })).status, 403);
  const policy = (await fetch(server.url('/watch/talk'))).headers.get('content-security-policy');
  t.match(policy, /frame-ancestors 'self' https:\/\/captions\.example/);
});

void t.test('names of the loopback address are trusted in every spelling, others are not', (t) => {
  const loopback = createTrust({ listenHost: '127.0.0.1', allowedOrigins: [] });
  for (const host of ['localhost', 'LOCALHOST:8080', 'a.localhost', '127.0.0.1:1', '127.9.9.9', '[::1]:8080']) {
    t.ok(loopback.acceptsHost(host), host);
  }
  for (const host of [undefined, '', 'localhost.evil', 'evil@127.0.0.1', '10.0.0.1', '127.0.0.1.evil', '[::2]', ' ']) {
    t.notOk(loopback.acceptsHost(host), String(host));
  }
  for (const listenHost of ['::1', 'localhost', '::ffff:127.0.0.1']) {
    t.notOk(createTrust({ listenHost, allowedOrigins: [] }).acceptsHost('evil.example'), listenHost);
  }
  t.end();
});

void t.test('off loopback the host may have any name, and an origin still has to be its own', (t) => {
  const open = createTrust({ listenHost: '0.0.0.0', allowedOrigins: [] });
  t.ok(open.acceptsHost('captions.example'));
  t.ok(open.acceptsOrigin('https://captions.example', 'captions.example'));
  t.ok(open.acceptsOrigin('https://captions.example', 'captions.example:443'), 'the port that https means');
  t.notOk(open.acceptsOrigin('https://evil.example', 'captions.example'));
  t.notOk(open.acceptsOrigin('https://captions.example', undefined));
  t.end();
});
