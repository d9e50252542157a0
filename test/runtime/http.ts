import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { liveSession, raw, startHttp } from '../support/http-server.ts';

const server = await startHttp();
t.teardown(() => server[Symbol.asyncDispose]());

/** Method, path, status, and what the body has in it. */
const answers: [method: string, path: string, status: number, body: RegExp][] = [
  ['GET', '/', 200, /rtmp:\/\/127\.0\.0\.1:1935\/live/],
  ['GET', '/watch/talk', 200, /<script type="module"/],
  ['GET', '/watch/not-there-yet', 200, /<script type="module"/],
  ['GET', '/watch/t%61lk', 200, /<script/],
  ['GET', '/watch/Talk', 400, /"code":"bad_slug"/],
  ['GET', '/watch/a%2Fb', 400, /"code":"bad_slug"/],
  ['GET', '/watch/%ff', 400, /"code":"bad_request"/],
  ['GET', '/watch/%', 400, /"code":"bad_request"/],
  ['GET', '/watch/', 404, /"code":"not_found"/],
  ['GET', '/assets/web/watch.js', 200, /new Viewer/],
  ['GET', '/assets/client/viewer.js', 200, /class Viewer/],
  ['GET', '/assets/web/base.css', 200, /--ink/],
  ['GET', '/assets/web/../pages.ts', 404, /not_found/],
  ['GET', '/assets/web/%2e%2e/pages.ts', 404, /not_found/],
  ['GET', '/assets/__proto__', 404, /not_found/],
  ['GET', '/sessions', 200, /^\{"sessions":\[\{"slug":"talk"/],
  ['GET', '/sessions/talk', 200, /"ledger":\{"receivedMs":9/],
  ['GET', '/sessions/nobody', 404, /no_such_session/],
  ['GET', '/sessions/talk/live', 426, /upgrade_required/],
  ['GET', '/healthz', 200, /ok/],
  ['GET', '/readyz', 200, /ready/],
  ['GET', '/nowhere', 404, /not_found/],
  ['POST', '/sessions', 415, /json_expected/],
  ['DELETE', '/sessions/talk', 202, /"slug":"talk"/],
  ['DELETE', '/sessions/nobody', 404, /no_such_session/],
  ['GET', '/overlay/talk', 200, /<title>/],
  ['GET', '/sessions/nobody/events', 404, /no_such_session/],
  ['GET', '/sessions/talk/events?after=x', 400, /after must be/],
  ['GET', '/sessions/nobody/transcript.vtt', 404, /no_such_session/],
  ['GET', '/sessions/talk/transcript.vtt?epoch=x', 400, /epoch/],
  ['GET', '/sessions/talk/transcript.srt?language=english', 400, /language/],
  ['GET', '/sessions/talk/transcript.doc', 404, /not_found/],
  ['GET', '/openapi.json', 200, /"openapi":"3\.1\.0"/],
  ['POST', '/', 405, /method_not_allowed/],
  ['PUT', '/sessions/talk', 405, /method_not_allowed/],
];

for (const [method, path, status, body] of answers) {
  void t.test(`${method} ${path} answers ${status}`, async (t) => {
    const { answer, text } = await ask(method, path);
    t.equal(answer.statusCode, status);
    t.match(text, body);
    t.equal(answer.headers['x-content-type-options'], 'nosniff');
    if (status >= 400) t.match(JSON.parse(text), { error: { code: String, message: String } });
  });
}

/** Without the tidying that `fetch` does to paths. */
async function ask(method: string, path: string) {
  const outgoing = request({ host: '127.0.0.1', port: server.http.address.port, method, path });
  outgoing.end();
  const answer = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve));
  const text = String(Buffer.concat((await answer.toArray()) as Buffer[]));
  return { answer, text };
}

void t.test('a session is shown as it is', async (t) => {
  t.strictSame(await (await fetch(server.url('/sessions/talk'))).json(), liveSession);
});

void t.test('a refused method names those that are taken', async (t) => {
  const answer = await fetch(server.url('/sessions'), { method: 'DELETE' });
  t.equal(answer.headers.get('allow'), 'GET, HEAD, POST');
});

void t.test('HEAD answers as GET does, without the body', async (t) => {
  for (const path of ['/', '/watch/talk', '/sessions', '/assets/web/home.js', '/nowhere']) {
    const [head, get] = await Promise.all([fetch(server.url(path), { method: 'HEAD' }), fetch(server.url(path))]);
    t.equal(head.status, get.status, path);
    t.equal(head.headers.get('content-length'), String(Buffer.byteLength(await get.text())), path);
    t.equal(await head.text(), '', path);
  }
});

void t.test('what did not change is not sent again', async (t) => {
  const first = await fetch(server.url('/assets/web/watch.js'));
  const etag = first.headers.get('etag') ?? '';
  const again = await fetch(server.url('/assets/web/watch.js'), { headers: { 'if-none-match': etag } });
  t.equal(again.status, 304);
  t.equal(await again.text(), '');
});

void t.test('pages load nothing from elsewhere and run nothing inline', async (t) => {
  for (const path of ['/', '/watch/talk']) {
    const answer = await fetch(server.url(path));
    const policy = answer.headers.get('content-security-policy') ?? '';
    t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    t.notMatch(policy, /unsafe|\*/);
    t.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    t.notMatch(await answer.text(), /<script>|<style|style=|(src|href)="(https?:)?\/\//);
  }
});

void t.test('an error is a page for a browser that follows a link, and JSON for everybody else', async (t) => {
  const page = await fetch(server.url('/watch/Bad'), { headers: { accept: 'text/html,*/*' } });
  t.equal(page.status, 400);
  t.match(page.headers.get('content-type'), 'text/html');
  t.match(await page.text(), /The stream name must be a slug/);
  const api = await fetch(server.url('/sessions/nobody'), { headers: { accept: 'text/html,*/*' } });
  t.match(api.headers.get('content-type'), 'application/json');
});

void t.test('an absolute address is understood, as HTTP wants it', async (t) => {
  const answer = await raw(server.host, absolute('http://localhost/healthz'));
  t.match(answer, /^HTTP\/1\.1 200 /);
  t.match(await raw(server.host, absolute('*')), /^HTTP\/1\.1 400 /);
});

function absolute(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
}
