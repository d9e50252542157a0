/** The operator's own service: what it is asked, what its answers mean, and that silence is a no. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createAccess } from '../../../runtime/access/decide.ts';
import { createHook } from '../../../runtime/access/hook.ts';
import type { AccessRequest, Scope } from '../../../runtime/access/port.ts';
import { Tokens } from '../../../runtime/access/tokens.ts';
import { createLog } from '../../../runtime/log.ts';
import { SECRET, tokenFor } from '../../support/bad-tokens.ts';

type Question = Record<string, string>;

/** A service that answers as told; `undefined` is silence. */
async function service(answer: (question: Question) => number | undefined) {
  const questions: Question[] = [];
  const open = new Set<ServerResponse>();
  let mostOpen = 0;
  const server = createServer((request, response) => {
    let body = '';
    mostOpen = Math.max(mostOpen, open.add(response).size);
    response.on('close', () => open.delete(response));
    request.setEncoding('utf8').on('data', (data: string) => (body += data));
    request.on('end', () => {
      const question = JSON.parse(body) as Question;
      questions.push(question);
      const status = answer(question);
      if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    questions,
    get mostOpen() {
      return mostOpen;
    },
    url: `http://127.0.0.1:${port}/auth`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function hookAt(url: string, lines: string[] = [], timeoutMs = 300) {
  const log = createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) });
  return createHook({ url, log, timing: { timeoutMs, denialDelayMs: 50 } });
}

function asked(scope: Scope, more: Partial<AccessRequest> = {}): AccessRequest {
  const base = { slug: 'talk', token: 'a-token', remoteAddress: '::ffff:192.0.2.7', protocol: 'rtmp' } as const;
  return { scope, ...base, ...more };
}

void t.test('it is asked in the shape of MediaMTX', async (t) => {
  using there = await service(() => 200);
  const hook = hookAt(there.url);
  t.ok(await hook(asked('publish', { query: 'token=a-token&user=u&pass=p' })));
  t.ok(await hook(asked('view', { user: 'me', password: 'mine', protocol: 'websocket' })));
  const [first = {}, second = {}] = there.questions;
  const { id, ...rest } = first;
  t.match(id, /^[\w-]{36}$/);
  t.strictSame(rest, {
    user: 'u',
    password: 'p',
    token: 'a-token',
    ip: '192.0.2.7',
    action: 'publish',
    path: 'talk',
    protocol: 'rtmp',
    query: 'token=a-token&user=u&pass=p',
  });
  t.match(second, { user: 'me', password: 'mine', action: 'read', protocol: 'websocket', query: '' });
});

void t.test('2xx is a yes; everything else is a no, and takes longer', async (t) => {
  for (const status of [200, 204, 299]) {
    using there = await service(() => status);
    t.ok(await hookAt(there.url)(asked('view')), String(status));
  }
  for (const status of [300, 302, 307, 401, 403, 404, 500]) {
    using there = await service(() => status);
    const startedMs = performance.now();
    t.notOk(await hookAt(there.url)(asked('view')), String(status));
    t.ok(performance.now() - startedMs >= 45, 'a guess costs time');
    t.equal(there.questions.length, 1, 'a redirect is not followed');
  }
});

void t.test('silence, absence and a refused address are a no, and only the reason is logged', async (t) => {
  using silent = await service(() => undefined);
  const lines: string[] = [];
  t.notOk(await hookAt(silent.url, lines)(asked('view')));
  t.notOk(await hookAt('http://127.0.0.1:1/?key=canary', lines)(asked('view', { token: 'canary' })));
  t.notOk(await hookAt('http://169.254.169.254/', lines)(asked('view')));
  t.match(lines, [/"timeout"/, /"unreachable"/, /"address_refused"/]);
  t.notMatch(lines.join(''), /canary/);
});

void t.test('few questions are in flight at a time, and one that waits too long is a no', async (t) => {
  using silent = await service(() => undefined);
  const hook = hookAt(silent.url, [], 1_500);
  const answers = await Promise.all(Array.from({ length: 100 }, () => hook(asked('view'))));
  t.ok(answers.every((answer) => !answer));
  t.equal(silent.mostOpen, 32);
});

void t.test('without a secret it decides alone; with one both have to say yes', async (t) => {
  using there = await service(({ path }) => (path === 'talk' ? 200 : 403));
  const hook = hookAt(there.url);
  const alone = createAccess({ tokens: undefined, hook });
  t.match(await alone.check(asked('view')), { allowed: true, session: 'talk', scopes: new Set(['view']) });
  t.match(await alone.check(asked('view', { slug: 'other' })), { code: 'access_denied' });
  t.match(await alone.check(asked('admin', { slug: undefined })), { code: 'access_denied' });
  t.equal(there.questions.at(-1)?.['action'], 'api');
  const both = createAccess({ tokens: new Tokens(SECRET), hook });
  const before = there.questions.length;
  t.match(await both.check(asked('view')), { code: 'token_invalid' });
  t.equal(there.questions.length, before, 'a bad token is not worth a question');
  const token = await tokenFor('*', ['view', 'ai']);
  t.match(await both.check(asked('view', { token })), { allowed: true, scopes: new Set(['view', 'ai']) });
  t.match(await both.check(asked('view', { token, slug: 'other' })), { code: 'access_denied' });
  const admin = await tokenFor('other', ['admin']);
  t.match(await both.check(asked('admin', { token: admin, slug: 'other' })), { allowed: true }, 'a token alone');
});
