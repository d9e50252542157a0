/** With `AUTH_SECRET`, publishers and viewers over WebSocket: wrong tokens get in nowhere, are told why by the right code, and leave no trace; good ones get in. */
import t from 'tap';
import { Viewer } from '../../runtime/client/viewer.js';
import type { TestServer } from '../harness.ts';
import { badTokens, bearerOf, closeOf, guarded, queryOf, tokenFor } from '../support/bad-tokens.ts';
import type { BadToken } from '../support/bad-tokens.ts';
import { attempt } from '../support/http-server.ts';
import type { AttemptOptions } from '../support/http-server.ts';
import { publishRtmp, RtmpRefused } from '../support/rtmp-publisher.ts';

t.setTimeout(120_000);

/** What a WebSocket may carry its token in. */
const carriers: [name: string, (token: string | undefined) => { query: string } & AttemptOptions][] = [
  ['query', (token) => ({ query: queryOf(token), protocols: ['captiond.v2'] })],
  ['header', (token) => ({ query: '', protocols: ['captiond.v2'], headers: bearerOf(token) })],
  [
    'subprotocol',
    (token) => ({ query: '', protocols: token === undefined ? ['captiond.v2'] : ['captiond.v2', `token.${token}`] }),
  ],
];

function viewersOf({ server }: TestServer, slug: string): number | undefined {
  return server.registry.live(slug)?.channel.hub.counts.attached;
}

void t.test('a publisher with a wrong token is told so, and nothing of its session starts', async (t) => {
  await using server = await guarded();
  const { port } = server.addresses.rtmp;
  const refusalOf = ({ token, name }: BadToken, inApp: boolean): Promise<unknown> => {
    const query = queryOf(token);
    const places = inApp ? { app: `live${query}`, name: 'talk' } : { name: `talk${query}` };
    return publishRtmp({ port, ...places }).then(
      () => t.fail(name),
      (error: unknown) => error,
    );
  };
  for (const inApp of [false, true]) {
    const bad = badTokens('talk', 'publish', 'view');
    // Ten that do not publish yet are let in from one address.
    for (const some of [bad.slice(0, 7), bad.slice(7)]) {
      const refusals = await Promise.all(some.map((each) => refusalOf(each, inApp)));
      for (const [index, refusal] of refusals.entries()) {
        t.ok(refusal instanceof RtmpRefused, some[index]?.name ?? '');
        t.match(refusal, { status: { code: 'NetStream.Publish.Denied', description: /token/i } });
      }
    }
  }
  t.equal(server.server.registry.size, 0);
  t.notOk(server.server.registry.isStarting('talk'));
  const list = await fetch(server.httpUrl(`/sessions${queryOf(await tokenFor('*', ['view']))}`));
  t.strictSame(await list.json(), { sessions: [] }, 'no run was begun in the log');
  t.notMatch(server.lines.join(''), /"session":"talk"/);
});

void t.test('a publisher with a good token publishes', async (t) => {
  await using server = await guarded();
  const { port } = server.addresses.rtmp;
  for (const [slug, token] of [
    ['talk', await tokenFor('talk', ['publish'])],
    ['other', await tokenFor('*', ['publish'])],
    ['third', await tokenFor('third', ['admin'])],
  ] as const) {
    const publisher = await publishRtmp({ port, name: `${slug}?token=${token}` });
    t.equal(server.server.registry.live(slug)?.publisher.taken, true, slug);
    publisher.abort();
  }
});

void t.test('a token publishes as many sessions at a time as KEY_SESSIONS_MAX allows', async (t) => {
  await using server = await guarded({ KEY_SESSIONS_MAX: '1' });
  const { port } = server.addresses.rtmp;
  const token = await tokenFor('*', ['publish']);
  const publisher = await publishRtmp({ port, name: `talk?token=${token}` });
  const second = publishRtmp({ port, name: `other?token=${token}` });
  await t.rejects(second, { message: /Denied.*KEY_SESSIONS_MAX/ });
  t.equal(server.server.registry.size, 1);
  publisher.abort();
});

void t.test('whoever may publish goes on where another publisher was lost, with a token of its own', async (t) => {
  await using server = await guarded();
  const { port } = server.addresses.rtmp;
  const first = await publishRtmp({ port, name: `talk?token=${await tokenFor('talk', ['publish'])}` });
  const another = await tokenFor('talk', ['publish'], 60);
  await t.rejects(
    publishRtmp({ port, name: `talk?token=${another}` }),
    /Another publisher/,
    'while the first is there',
  );
  const session = server.server.registry.live('talk');
  first.abort();
  await first.closed;
  const publisher = await publishRtmp({ port, name: `talk?token=${another}` }).catch(() =>
    publishRtmp({ port, name: `talk?token=${another}` }),
  );
  t.equal(server.server.registry.live('talk'), session);
  publisher.abort();
});

void t.test('a viewer with a wrong token is closed with the code, wherever the token is', async (t) => {
  await using server = await guarded();
  await publishRtmp({ port: server.addresses.rtmp.port, name: `talk?token=${await tokenFor('*', ['publish'])}` });
  for (const [place, carry] of carriers) {
    for (const { name, token, code } of badTokens('talk', 'view', 'publish')) {
      const { query, ...options } = carry(token);
      const ended = await attempt(server.watchUrl('talk', query), options);
      t.match(ended, { code: closeOf[code], reason: code }, `${place}: ${name}`);
    }
  }
  t.equal(viewersOf(server, 'talk'), 0, 'nobody was counted');
  const unknown = await attempt(server.watchUrl('nobody'), { protocols: ['captiond.v2'] });
  t.match(unknown, { code: 4001 }, 'whether there is a session is not told either');
  const old = await attempt(server.watchUrl('talk'));
  t.match(old, { code: 4001, reason: 'token_missing' }, 'clients of the old shape are no exception');
});

void t.test('a viewer with a good token attaches, and its token is never echoed', async (t) => {
  await using server = await guarded();
  await publishRtmp({ port: server.addresses.rtmp.port, name: `talk?token=${await tokenFor('*', ['publish'])}` });
  const token = await tokenFor('talk', ['view']);
  for (const [place, carry] of carriers) {
    const { query, ...options } = carry(token);
    t.match(
      await attempt(server.watchUrl('talk', query), options),
      { protocol: 'captiond.v2', greeting: /"session"/ },
      place,
    );
  }
  const reversed = { protocols: [`token.${token}`, 'captiond.v2'] };
  t.match(await attempt(server.watchUrl('talk'), reversed), { protocol: 'captiond.v2' });
  t.equal(viewersOf(server, 'talk'), 4);
});

void t.test('a viewer is closed when its token expires, and is asked again when it resumes', async (t) => {
  await using server = await guarded();
  await publishRtmp({ port: server.addresses.rtmp.port, name: `talk?token=${await tokenFor('*', ['publish'], 1)}` });
  const token = await tokenFor('talk', ['view'], 2);
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const first = await attempt(server.watchUrl('talk', `?token=${token}`), {
    protocols: ['captiond.v2'],
    keep: (socket) => socket.once('close', (code, reason) => closed.resolve({ code, reason: String(reason) })),
  });
  t.match(first, { greeting: /"session"/ });
  t.strictSame(await closed.promise, { code: 4001, reason: 'token_expired' });
  const isOnAir = server.server.registry.live('talk')?.publisher.taken;
  t.ok(isOnAir, 'the publisher, whose token has expired too, is not cut');
  const epoch = server.server.registry.live('talk')?.epoch;
  const again = await attempt(server.watchUrl('talk', `?token=${token}&after=${epoch}:0`), {
    protocols: ['captiond.v2'],
  });
  t.match(again, { code: 4001, reason: 'token_expired' }, 'its cursor does not let it in');
  const other = await tokenFor('other', ['view']);
  const moved = await attempt(server.watchUrl('talk', `?token=${other}&after=${epoch}:0`), {
    protocols: ['captiond.v2'],
  });
  t.match(moved, { code: 4003 });
});

void t.test('the viewer client goes on with fresh tokens', async (t) => {
  await using server = await guarded();
  await publishRtmp({ port: server.addresses.rtmp.port, name: `talk?token=${await tokenFor('*', ['publish'])}` });
  const connections: string[] = [];
  const returned = Promise.withResolvers<void>();
  let asked = 0;
  const viewer = new Viewer({
    url: server.watchUrl('talk'),
    token: () => {
      asked += 1;
      return tokenFor('talk', ['view'], 2);
    },
    listeners: {
      connection: (connection) => {
        connections.push(connection);
        if (connections.filter((each) => each === 'open').length === 2) returned.resolve();
      },
    },
  });
  await returned.promise;
  viewer.close();
  t.strictSame(connections, ['open', 'lost', 'open']);
  t.equal(asked, 2);
  const refused = Promise.withResolvers<string>();
  const fixed = new Viewer({
    url: server.watchUrl('talk'),
    token: 'wrong',
    listeners: { connection: (connection) => refused.resolve(connection) },
  });
  t.equal(await refused.promise, 'refused', 'the same token again would change nothing');
  fixed.close();
});
