import t from 'tap';
import { attempt, startHttp } from '../support/http-server.ts';

void t.test('a server that cannot take sessions is alive but not ready, and says why', async (t) => {
  let reason = 'server_not_ready';
  await using server = await startHttp({ readiness: () => ({ ready: false, reason }) });
  t.equal((await fetch(server.url('/healthz'))).status, 200);
  for (reason of ['server_not_ready', 'server_draining', 'transcriber_unavailable']) {
    const answer = await fetch(server.url('/readyz'));
    t.equal(answer.status, 503);
    t.match(await answer.json(), { error: { code: reason, message: String } });
  }
});

void t.test('a draining server asks new viewers to come back', async (t) => {
  await using server = await startHttp({ readiness: () => ({ ready: false, reason: 'server_draining' }) });
  t.strictSame(await attempt(server.url('/sessions/talk/live')), { code: 1012, reason: 'server_restarting' });
  t.equal(server.attached.length, 0);
});

void t.test('a starting server sends its home page again until it knows where to publish', async (t) => {
  const known: { address?: { host: string; port: number } } = {};
  await using server = await startHttp({ publishAddress: () => known.address });
  const early = await fetch(server.url('/'));
  t.equal(early.headers.get('refresh'), '1');
  t.match(await early.text(), /data-phase="starting"/);
  known.address = { host: '0.0.0.0', port: 1999 };
  const late = await fetch(server.url('/'));
  t.equal(late.headers.get('refresh'), null);
  t.match(await late.text(), /rtmp:\/\/127\.0\.0\.1:1999\/live/, 'the name that the browser used');
});

void t.test('what is put into a page is text', async (t) => {
  await using server = await startHttp({ publishAddress: () => ({ host: '"><script>', port: 1 }) });
  t.notMatch(await (await fetch(server.url('/'))).text(), /"><script>/);
});

void t.test('what fails inside is a 500 and a line in the log, and the next request is answered', async (t) => {
  const fail = (): never => {
    throw new Error('broken directory');
  };
  await using server = await startHttp({ directory: { list: fail, get: fail, attach: fail, transcript: fail } });
  const answer = await fetch(server.url('/sessions'));
  t.equal(answer.status, 500);
  t.notMatch(await answer.text(), /broken directory/);
  t.match(server.lines.join(''), /broken directory/);
  t.equal((await fetch(server.url('/healthz'))).status, 200);
});
