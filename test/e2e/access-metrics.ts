/** Whoever is kept out is counted, on every listener, by what was asked for and why not. */
import t from 'tap';
import { bearerOf, guarded, tokenFor } from '../support/bad-tokens.ts';
import { attempt } from '../support/http-server.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';

t.setTimeout(60_000);

void t.test('refusals are counted by scope and code, and nothing that is allowed is', async (t) => {
  await using server = await guarded();
  const { rtmp, admin } = server.addresses;
  const metrics = `http://${admin.host}:${admin.port}/metrics`;
  const all = bearerOf(await tokenFor('*', ['admin']));
  /** Series above zero, and how many series there are. */
  const counted = async () => {
    const text = await (await fetch(metrics, { headers: all })).text();
    const series = [...text.matchAll(/^access_refusals_total\{scope="(\w+)",code="(\w+)"\} (\d+)/gm)];
    const above = series.filter(([, , , count]) => count !== '0');
    return { size: series.length, above: above.map(([, scope, code, count]) => `${scope} ${code} ${count}`) };
  };
  t.strictSame(await counted(), { size: 20, above: [] });
  const view = await tokenFor('talk', ['view']);
  const own = { method: 'POST', headers: { 'content-type': 'application/json', ...bearerOf(view) } };
  await t.rejects(publishRtmp({ port: rtmp.port, name: 'talk' }));
  await t.rejects(publishRtmp({ port: rtmp.port, name: `talk?token=${view}` }));
  t.match(await attempt(server.watchUrl('talk', '?token=canary')), { code: 4001 });
  t.match(await attempt(server.watchUrl('other'), { headers: bearerOf(view) }), { code: 4003 });
  t.equal((await fetch(server.httpUrl('/sessions/talk?token=canary'))).status, 401);
  t.equal((await fetch(server.httpUrl('/sessions'))).status, 401);
  t.equal((await fetch(server.httpUrl('/sessions'), { ...own, body: '{"slug":"talk"}' })).status, 403);
  const headers = { ...own.headers, ...bearerOf(await tokenFor('talk', ['admin'])) };
  t.equal((await fetch(server.httpUrl('/sessions'), { ...own, headers, body: '{"slug":"other"}' })).status, 403);
  t.equal((await fetch(metrics)).status, 401);
  t.match(await attempt(`ws://${admin.host}:${admin.port}/inspect/live?session=*`), { status: 401 });
  t.equal((await fetch(server.httpUrl('/sessions'), { headers: bearerOf(view) })).status, 200);
  const { size, above } = await counted();
  t.equal(size, 20, 'what strangers send makes no series');
  t.strictSame(above, [
    'publish token_missing 1',
    'publish token_not_for_this 1',
    'view token_missing 1',
    'view token_invalid 2',
    'view token_not_for_this 1',
    'admin token_missing 2',
    'admin token_not_for_this 2',
  ]);
});
