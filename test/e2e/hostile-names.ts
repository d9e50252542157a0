/**
 * Hostile names wherever a name is taken: each gets the error that belongs to it, nothing outside is read, and neither a
 * session nor a run in the log comes of it. The addresses are those of the document, so a new one is tried as well.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { startServer } from '../harness.ts';
import { DescribedApi } from '../support/described-api.ts';
import type { ApiDocument, Operation } from '../support/described-api.ts';
import { brokenSpellings, hostileNames, innocentNames, spellingsOf } from '../support/hostile-names.ts';
import { attempt, raw } from '../support/http-server.ts';
import { publishRtmp, RtmpRefused } from '../support/rtmp-publisher.ts';

t.setTimeout(180_000);

const CANARY = 'canary-1e7b-outside';
const outside = await mkdtemp(join(tmpdir(), 'captiond-outside-'));
await writeFile(join(outside, 'package.json'), CANARY);
const server = await startServer({ TRANSCRIBER: 'local', DATA_DIR: join(outside, 'data') });
const { http, admin, rtmp } = server.addresses;
const host = `${http.host}:${http.port}`;
const publisher = await publishRtmp({ port: rtmp.port, name: 'talk' });
t.teardown(async () => {
  publisher.abort();
  await server[Symbol.asyncDispose]();
  await rm(outside, { recursive: true });
});
const document = (await (await fetch(server.httpUrl('/openapi.json'))).json()) as ApiDocument;
const { operations } = new DescribedApi(document);
const spellings = [...Object.values(hostileNames).flatMap(spellingsOf), ...brokenSpellings];

const upgrading = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

function ask(method: string, path: string, { to = host, headers = ['Connection: close'], body = '' } = {}) {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Content-Length: ${Buffer.byteLength(body)}`];
  return raw(to, `${[...lines, ...headers].join('\r\n')}\r\n\r\n${body}`);
}

const statusAndCode = (answer: string) => ({
  status: Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]),
  code: /"code":"(\w+)"/.exec(answer)?.[1],
});

/** What is wrong with an answer that must be one of these errors; undefined when nothing is. */
function faultOf(answer: string, codes: readonly string[]): string | undefined {
  const { status, code = '' } = statusAndCode(answer);
  if (![400, 404, 431].includes(status) || !codes.includes(code)) return `${status} ${code}`;
  if (/^x-injected/im.test(answer)) return 'a header of the client';
  return answer.includes(CANARY) || answer.includes('root:') ? 'something from outside' : undefined;
}

const usualNames: Readonly<Record<string, string>> = { slug: 'talk', folder: 'web', file: 'watch.js' };

/** Addresses of an operation with `name` in one place each, good names in the others. */
function addressesWith({ path }: Operation, name: string): string[] {
  const places = [...path.matchAll(/\{\w+\}/g)].map(({ index }) => index);
  return places.map((place) =>
    path.replace(/\{(\w+)\}/g, (_whole, parameter: string, at: number) =>
      at === place ? name : (usualNames[parameter] ?? ''),
    ),
  );
}

/** There are only these sessions, in memory and in the log, and nothing went wrong. */
async function only(t: Test, ...slugs: string[]): Promise<void> {
  const { sessions } = (await (await fetch(server.httpUrl('/sessions'))).json()) as { sessions: { slug: string }[] };
  t.strictSame(sessions.map(({ slug }) => slug).toSorted(), slugs);
  t.equal(server.server.registry.size, slugs.length);
  const told = new Set(server.lines.flatMap((line) => /"session":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? []));
  t.strictSame(
    [...told].filter((slug) => !slugs.includes(slug)),
    [],
    'no line names another session',
  );
  t.notMatch(server.lines.join(''), /"level":"error"/);
  t.notOk('polluted' in {});
}

const named = operations.filter(({ path }) => path.includes('{'));

void t.test('in every address of the HTTP interface', async (t) => {
  t.ok(named.length >= 10, `${named.length} operations`);
  for (const operation of named) {
    for (const address of spellings.flatMap((spelling) => addressesWith(operation, spelling))) {
      const answer = await ask(operation.method, address);
      const fault = faultOf(answer, ['bad_slug', 'not_found', 'bad_request']);
      if (fault !== undefined) t.fail(`${operation.method} ${address.slice(0, 200)}: ${fault}`);
    }
  }
  await only(t, 'talk');
});

void t.test('names of every object are names of nobody', async (t) => {
  for (const operation of named) {
    const [usual = ''] = addressesWith(operation, 'nobody');
    const expected = statusAndCode(await ask(operation.method, usual));
    for (const name of innocentNames) {
      const [address = ''] = addressesWith(operation, name);
      t.strictSame(statusAndCode(await ask(operation.method, address)), expected, `${operation.method} ${address}`);
    }
  }
  await only(t, 'talk');
});

void t.test('in the body that prepares a session', async (t) => {
  for (const [what, slug] of Object.entries(hostileNames)) {
    const body = JSON.stringify({ slug });
    const answer = await ask('POST', '/sessions', {
      headers: ['Connection: close', 'Content-Type: application/json'],
      body,
    });
    t.equal(faultOf(answer, ['bad_request']), undefined, what);
    t.match(answer, /slug must be a slug/);
  }
  await only(t, 'talk');
});

void t.test('in the address of a WebSocket', async (t) => {
  for (const spelling of spellings) {
    const answer = await ask('GET', `/sessions/${spelling}/live`, { headers: upgrading });
    const fault = faultOf(answer, ['bad_slug', 'not_found', 'bad_request']);
    if (fault !== undefined) t.fail(`${spelling.slice(0, 100)}: ${fault}`);
  }
  const nobody = await attempt(server.httpUrl('/sessions/nobody/live'));
  for (const name of innocentNames) {
    t.strictSame(await attempt(server.httpUrl(`/sessions/${name}/live`)), nobody, name);
  }
  t.equal(server.server.registry.live('talk')?.channel.hub.counts.attached, 0);
  await only(t, 'talk');
});

void t.test('on the admin listener: files, drawings, and what is inspected', async (t) => {
  const to = `${admin.host}:${admin.port}`;
  const files = ['/inspect/charts/', '/inspect/assets/', '/inspect/charts/session.svg/', '/inspect/', '/'];
  for (const spelling of [...spellings, ...innocentNames]) {
    for (const folder of files) {
      const fault = faultOf(await ask('GET', folder + spelling, { to }), ['not_found', 'bad_request']);
      if (fault !== undefined) t.fail(`${folder}${spelling.slice(0, 100)}: ${fault}`);
    }
    // The one name that is none: all sessions.
    if (new URLSearchParams(`session=${spelling}`).get('session') === '*') continue;
    const live = await ask('GET', `/inspect/live?session=${spelling}`, { to, headers: upgrading });
    const fault = faultOf(live, ['no_such_session', 'bad_request']);
    if (fault !== undefined) t.fail(`session=${spelling.slice(0, 100)}: ${fault}`);
  }
  await only(t, 'talk');
});

void t.test('as application and as stream name over RTMP', async (t) => {
  const apps = ['LIVE', 'live/..', 'live//', 'live/talk', './live', 'live\0', 'l\u0456ve', 'liv\uff45'];
  const places = [
    ...Object.values(hostileNames).flatMap((name) => [{ name }, { app: name, name: 'other' }]),
    ...apps.map((app) => ({ app, name: 'other' })),
    ...brokenSpellings.map((name) => ({ name })),
  ];
  for (const place of places) {
    const refusal = await publishRtmp({ port: rtmp.port, ...place }).catch((error: unknown) => error);
    t.ok(refusal instanceof RtmpRefused, JSON.stringify(place).slice(0, 100));
    t.match(refusal, { status: { level: 'error', code: 'NetStream.Publish.BadName' } });
  }
  await only(t, 'talk');
});

void t.test('a session whose name every object has is a session like any other', async (t) => {
  const other = await publishRtmp({ port: rtmp.port, name: 'constructor' });
  await only(t, 'constructor', 'talk');
  const read = await fetch(server.httpUrl('/sessions/constructor/transcript.json'));
  t.match(await read.json(), { slug: 'constructor' });
  const ended = await fetch(server.httpUrl('/sessions/constructor'), { method: 'DELETE' });
  t.match(await ended.json(), { slug: 'constructor' });
  await other.closed;
});
