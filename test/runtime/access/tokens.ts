/** Tokens: what one says is what was ordered, and every way of being wrong is told by its row and no more. */
import t from 'tap';
import { createAccess } from '../../../runtime/access/decide.ts';
import { covers } from '../../../runtime/access/port.ts';
import type { AccessRequest, Scope } from '../../../runtime/access/port.ts';
import { CLOCK_LEEWAY_S, Tokens } from '../../../runtime/access/tokens.ts';
import { badTokens, claimsFor, SECRET, sign, tokenFor } from '../../support/bad-tokens.ts';

const NOW_MS = 1_800_000_000_000;
const header = { alg: 'HS256', typ: 'JWT' };

function clocked(offsetS = 0): Tokens {
  return new Tokens(SECRET, () => NOW_MS + offsetS * 1_000);
}

function asked(scope: Scope, slug: string | undefined, token?: string): AccessRequest {
  return { scope, slug, token, remoteAddress: '127.0.0.1', protocol: 'http' };
}

void t.test('a token says what was ordered, until its last second', async (t) => {
  const { token, expiresAtMs } = await clocked().issue({ session: 'talk', scopes: ['publish', 'ai'], ttlS: 60 });
  t.equal(expiresAtMs, NOW_MS + 60_000);
  t.strictSame(await clocked(59).read(token), { session: 'talk', scopes: new Set(['publish', 'ai']), expiresAtMs });
  t.equal(await clocked(60).read(token), 'token_expired');
  const [, payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  t.match(claims, { aud: 'captiond', session: 'talk', scope: 'publish ai', iat: NOW_MS / 1_000, jti: /^[\w-]{36}$/ });
});

void t.test('a clock that was set back by a little is forgiven, one by more is not', async (t) => {
  const { token } = await clocked().issue({ session: 'talk', scopes: ['view'], ttlS: 60 });
  t.type(await clocked(-CLOCK_LEEWAY_S).read(token), 'object');
  t.equal(await clocked(-CLOCK_LEEWAY_S - 1).read(token), 'token_invalid');
  const later = { ...claimsFor('talk', 'view'), nbf: Date.now() / 1_000 + 2 * CLOCK_LEEWAY_S };
  t.equal(await new Tokens(SECRET).read(sign(header, later)), 'token_invalid', 'not before its time');
});

void t.test('each fault has its row', async (t) => {
  const access = createAccess({ tokens: new Tokens(SECRET), hook: undefined });
  for (const { name, token, code } of badTokens('talk', 'view', 'publish')) {
    t.strictSame(await access.check(asked('view', 'talk', token)), { allowed: false, code }, name);
  }
  for (const claims of [
    { ...claimsFor('talk', 'view'), session: 7 },
    { ...claimsFor('talk', 'view'), scope: ['view'] },
    { ...claimsFor('talk', 'view'), iat: 'now' },
    { ...claimsFor('talk', 'view'), exp: 'tomorrow' },
  ]) {
    t.match(await access.check(asked('view', 'talk', sign(header, claims))), { code: 'token_invalid' });
  }
});

void t.test('admin allows everything of its sessions, * is every session, and only * is the server', async (t) => {
  const access = createAccess({ tokens: new Tokens(SECRET), hook: undefined });
  const may = async (scope: Scope, slug: string | undefined, token: string): Promise<boolean> =>
    (await access.check(asked(scope, slug, token))).allowed;
  const own = await tokenFor('talk', ['admin']);
  for (const scope of ['publish', 'view', 'ai', 'admin'] as const) t.ok(await may(scope, 'talk', own), scope);
  t.notOk(await may('admin', 'other', own));
  t.notOk(await may('admin', undefined, own), 'the server as a whole');
  const all = await tokenFor('*', ['admin']);
  t.ok(await may('admin', undefined, all));
  t.ok(await may('view', 'anything', all));
  const view = await tokenFor('*', ['view']);
  t.ok(await may('view', 'anything', view));
  t.notOk(await may('ai', 'anything', view));
});

void t.test('for a list the grant says of which sessions', async (t) => {
  const access = createAccess({ tokens: new Tokens(SECRET), hook: undefined });
  const { slug: _slug, ...question } = asked('view', undefined, await tokenFor('talk', ['view']));
  const granted = await access.checkAny(question);
  if (!granted.allowed) throw new Error(granted.code);
  t.ok(covers(granted, 'talk'));
  t.notOk(covers(granted, 'other'));
  t.match(await access.checkAny({ ...question, scope: 'publish' }), { code: 'token_not_for_this' });
  t.match(await access.checkAny({ ...question, token: undefined }), { code: 'token_missing' });
});
