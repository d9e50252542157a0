/**
 * Requests changed at random (lines, headers, queries, upgrades, bodies): each is answered with a status and a code that
 * the interface knows or is cut in time, nothing fails inside, and a viewer beside them is not disturbed.
 */
import t from 'tap';
import { errors } from '../../machines/errors.ts';
import { changeText } from '../support/fuzz/mutate-text.ts';
import { runFuzz } from '../support/fuzz/run-fuzz.ts';
import type { Ending } from '../support/fuzz/run-fuzz.ts';
import { open, startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { view } from '../support/viewer-sockets.ts';

/** A connection that says nothing more is cut by the server or, when it is a stream, by the test. */
const WAIT_MS = 400;
const timing = { headersTimeoutMs: 150, requestTimeoutMs: 200, keepAliveTimeoutMs: 100, checkIntervalMs: 25 };

const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const get = (path: string, ...more: string[]): string => lines(`GET ${path} HTTP/1.1`, 'Host: localhost', ...more);
const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const body = '{"slug":"new","languages":["en"],"vocabulary":["captiond"]}';

const seeds = [
  get('/'),
  get('/watch/talk?size=large'),
  get('/overlay/talk?size=48&lines=2&delayMs=0&align=left&color=ffffff&language=en,fr'),
  get('/sessions', 'Accept: application/json'),
  get('/sessions/talk/events?after=1:2&partials=0&language=en', 'Last-Event-ID: 1:1'),
  get('/sessions/talk/transcript.vtt?epoch=1&language=en', 'If-None-Match: "x"'),
  get('/sessions/talk/transcript.json', 'Range: bytes=0-10'),
  get('/assets/web/watch.js', 'Accept-Encoding: gzip'),
  get('/sessions/talk/live?after=0&token=abc', ...upgrade, key, 'Sec-WebSocket-Protocol: captiond.v2, token.abc'),
  get('/openapi.json', 'Origin: http://localhost', 'Authorization: Bearer abc'),
  `${lines('POST /sessions HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', `Content-Length: ${body.length}`)}${body}`,
  `${lines('POST /sessions HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n`,
  lines('DELETE /sessions/talk HTTP/1.1', 'Host: localhost', 'Origin: http://elsewhere.example'),
  lines('OPTIONS * HTTP/1.1', 'Host: localhost'),
  lines('HEAD /sessions/talk HTTP/1.0'),
];

const known = new Set([
  ...[101, 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 416, 417, 421, 426, 431],
  ...[501, 503],
]);

const sessions = new ScriptedSessions();
const talk = sessions.start('talk');
talk.final('a', 'said 1');
const server = await startHttp({ directory: sessions, timing, limits: { maxViewers: 1_000, allowedOrigins: [] } });
const beside = await view(server.host);
t.teardown(async () => {
  beside.socket.terminate();
  await server[Symbol.asyncDispose]();
});

/** Everything that comes back, until the connection ends or has been waited for. */
function exchange(input: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(server.host);
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), WAIT_MS);
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
    socket.write(Buffer.from(input, 'latin1'));
    socket.write(get('/healthz', 'Connection: close'));
  });
}

/** What stands in the head and, of an error, in the body of each answer. */
function faultOf(answer: string): string | undefined {
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => Number(status));
  const odd = statuses.find((status) => !known.has(status));
  if (odd !== undefined) return `a status of ${odd}`;
  const strange = [...answer.matchAll(/\{"error":\{"code":"([^"]*)"/g)].find(
    ([, code]) => !Object.hasOwn(errors, code ?? ''),
  );
  if (strange !== undefined) return `a code of ${strange[1]}`;
  const failed = server.lines.find((line) => /"level":"error"/.test(line));
  if (failed !== undefined) return failed;
  return Object.keys(Object.prototype).length > 0 || 'polluted' in {} ? 'a prototype was changed' : undefined;
}

let said = 1;

async function run(input: string): Promise<Ending> {
  const answer = await exchange(input);
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => status);
  const fault = faultOf(answer);
  said += 1;
  const text = `said ${said}`;
  talk.final(`u${said}`, text);
  await beside.hears((message) => message['text'] === text);
  beside.told.length = 0;
  return { ending: statuses.join(' '), fault };
}

void t.test('requests changed at random', async (t) => {
  const mutate = (text: string, random: () => number): string => {
    let changed = changeText(text, random);
    while (random() < 0.4) changed = changeText(changed, random);
    return changed;
  };
  await runFuzz(t, { name: 'http-requests', seeds, mutate, run, cases: 600 });
});
