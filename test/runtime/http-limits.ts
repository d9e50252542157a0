import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import type { WebSocket } from 'ws';
import { attempt, open, raw, startHttp } from '../support/http-server.ts';

const impatient = { headersTimeoutMs: 200, requestTimeoutMs: 300, keepAliveTimeoutMs: 200, checkIntervalMs: 50 };

/** Everything that comes back for `text`; fails when the server takes its time. */
async function soon(t: Test, host: string, text: string): Promise<string> {
  const startMs = performance.now();
  const answer = await raw(host, text);
  t.ok(performance.now() - startMs < 3_000, 'soon');
  return answer;
}

void t.test('a client that never finishes its headers is cut', async (t) => {
  await using server = await startHttp({ timing: { headersTimeoutMs: 200, checkIntervalMs: 50 } });
  const answer = await soon(t, server.host, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  t.match(answer, /^HTTP\/1\.1 408 /);
});

void t.test('a client that never sends its body is answered and cut', async (t) => {
  await using server = await startHttp({ timing: impatient });
  const head =
    'POST /sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  t.match(await soon(t, server.host, head), /^HTTP\/1\.1 408 [^]*bad_request/);
});

void t.test('an idle connection is ended', async (t) => {
  await using server = await startHttp({ timing: impatient });
  const answer = await soon(t, server.host, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.match(answer, /^HTTP\/1\.1 200 [^]*"ok"/);
});

void t.test('headers and addresses that are too long are refused', async (t) => {
  await using server = await startHttp();
  const long = await raw(server.host, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  t.match(long, /^HTTP\/1\.1 431 [^]*bad_request/);
  const path = `/${'a'.repeat(5_000)}`;
  const far = await raw(server.host, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  t.match(far, /^HTTP\/1\.1 400 /);
});

void t.test(
  'headers have 8 KiB in all: a browser with tokens of 2 KiB in the address and in a header fits',
  async (t) => {
    await using server = await startHttp();
    const token = 'x'.repeat(2_048);
    const browser = [
      ...[
        'Host: localhost',
        'Connection: close',
        `Authorization: Bearer ${token}`,
        `Referer: http://localhost/watch/talk`,
      ],
      ...[`User-Agent: ${'x'.repeat(250)}`, `Accept: ${'x'.repeat(150)}`, 'Accept-Encoding: gzip, deflate, br, zstd'],
      ...[
        'Accept-Language: en-GB,en;q=0.9',
        'Sec-Fetch-Mode: cors',
        'Sec-Fetch-Site: same-origin',
        'Cache-Control: no-cache',
      ],
    ];
    const request = (more: string): string =>
      `GET /sessions/talk?token=${token} HTTP/1.1\r\n${[...browser, more].join('\r\n')}\r\n\r\n`;
    t.match(await raw(server.host, request('X-More: 1')), /^HTTP\/1\.1 200 /);
    t.match(await raw(server.host, request(`Cookie: ${'x'.repeat(2_048)}`)), /^HTTP\/1\.1 200 /);
    t.match(await raw(server.host, request(`Cookie: ${'x'.repeat(4_096)}`)), /^HTTP\/1\.1 431 [^]*bad_request/);
  },
);

void t.test('what is not HTTP is refused, and the server goes on', async (t) => {
  await using server = await startHttp();
  for (const text of ['\x03\x00\x00\x00', 'hello\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET  HTTP/1.1\r\n\r\n']) {
    t.match(await raw(server.host, text), /^HTTP\/1\.1 400 [^]*"code":"bad_request"/, JSON.stringify(text));
  }
  const socket = open(server.host);
  await once(socket, 'connect');
  socket.resetAndDestroy();
  t.equal((await fetch(server.url('/healthz'))).status, 200);
});

void t.test('a port that is taken fails the start with its code and port', async (t) => {
  await using server = await startHttp();
  const { port } = server.http.address;
  await t.rejects(startHttp({ port }), { code: 'EADDRINUSE', port });
});

void t.test('closing ends idle connections at once, deaf ones within a second, and may be asked twice', async (t) => {
  const server = await startHttp();
  const { promise, resolve: keep } = Promise.withResolvers<WebSocket>();
  await attempt(server.url('/sessions/talk/live'), { keep });
  const viewer = await promise;
  viewer.pause();
  const idle = open(server.host);
  const unfinished = open(server.host);
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  unfinished.write('GET / HT');
  await once(idle, 'data');
  idle.resume();
  const idleGone = once(idle, 'close').then(() => performance.now());
  const startMs = performance.now();
  await Promise.all([server.http.close(), server.http.close()]);
  t.ok((await idleGone) - startMs < 300, 'the idle one');
  t.ok(performance.now() - startMs < 1_500, 'all');
  await t.rejects(fetch(server.url('/healthz')));
  viewer.terminate();
});
