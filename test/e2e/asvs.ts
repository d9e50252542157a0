/** OWASP ASVS 5.0, V4.4 (WebSocket), one test for each requirement; the matrices of wrong tokens are in `access.ts`. */
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { WebSocket } from 'ws';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { bearerOf, SECRET, tokenFor } from '../support/bad-tokens.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';

t.setTimeout(60_000);

const file = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
/** The certificate of the fixtures is signed by nobody. */
const trusting = { rejectUnauthorized: false };
const OWN_PAGE = 'https://captions.example';

const server: TestServer = await startServer({
  TLS_CERT_FILE: file('first.crt'),
  TLS_KEY_FILE: file('first.key'),
  AUTH_SECRET: SECRET,
  ALLOWED_ORIGINS: OWN_PAGE,
  TRANSCRIBER: 'local',
});
const { http, rtmp } = server.addresses;
const publish = await tokenFor('talk', ['publish']);
const publisher = await publishRtmp({ port: rtmp.port, name: `talk?token=${publish}`, tls: trusting });
t.teardown(async () => {
  publisher.abort();
  await server[Symbol.asyncDispose]();
});
const live = `${http.host}:${http.port}/sessions/talk/live`;
const view = await tokenFor('talk', ['view']);

/** What becomes of an upgrade: the type of the first message, a close code, a status, or the fault of the connection. */
async function tried(url: string, token: string | undefined, origin?: string): Promise<string | number> {
  const protocols = token === undefined ? ['captiond.v2'] : ['captiond.v2', `token.${token}`];
  const socket = new WebSocket(url, protocols, { ...trusting, ...(origin !== undefined && { origin }) });
  const outcome = await new Promise<string | number>((resolve) => {
    socket.on('message', (data: Buffer) => resolve((JSON.parse(data.toString()) as { type: string }).type));
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.on('close', resolve);
    socket.on('error', ({ code = 'cut' }: NodeJS.ErrnoException) => resolve(code));
  });
  socket.terminate();
  return outcome;
}

/** A token from the route that makes them. */
async function ordered(token: string | undefined): Promise<{ status: number; token: string }> {
  const headers = { 'content-type': 'application/json', ...bearerOf(token) };
  const url = `https://${http.host}:${http.port}/sessions/talk/tokens`;
  const asked = request(url, { ...trusting, method: 'POST', headers }).end('{"scopes":["view"],"ttlS":60}');
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString()) as { token?: string };
  return { status: response.statusCode ?? 0, token: body.token ?? '' };
}

void t.test('4.4.1 with certificates a WebSocket is taken over TLS alone', async (t) => {
  t.equal(await tried(`wss://${live}`, view), 'session');
  t.type(await tried(`ws://${live}`, view), 'string');
  t.match(await tried(`ws://${live}`, view), /^(ECONNRESET|cut)$/, 'the same port answers nothing in clear');
});

void t.test('4.4.2 the origin is held to the allow-list at the handshake', async (t) => {
  t.equal(await tried(`wss://${live}`, view, OWN_PAGE), 'session');
  for (const origin of ['https://evil.example', 'http://captions.example', `${OWN_PAGE}.evil.example`, 'null']) {
    t.equal(await tried(`wss://${live}`, view, origin), 403, origin);
  }
});

void t.test('4.4.3 a WebSocket has a token of its own: one that is for viewing this session', async (t) => {
  t.equal(await tried(`wss://${live}`, undefined), 4001);
  t.equal(await tried(`wss://${live}`, publish), 4003, 'the token of the publisher');
  t.equal(await tried(`wss://${live}`, await tokenFor('other', ['view'])), 4003);
  t.equal(await tried(`wss://${live}`, view), 'session');
});

void t.test('4.4.4 that token is had over HTTPS, by whoever has shown there who it is', async (t) => {
  t.equal((await ordered(undefined)).status, 401);
  t.equal((await ordered(view)).status, 403, 'a viewer makes none');
  const made = await ordered(await tokenFor('talk', ['admin']));
  t.equal(made.status, 201);
  t.equal(await tried(`wss://${live}`, made.token), 'session');
});
