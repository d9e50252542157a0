/** The AI lease and its insights over real sockets: one holder, the next at once, everybody told. */
import t from 'tap';
import { LogError } from '../../../actors/log/port.ts';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view } from '../../support/viewer-sockets.ts';
import type { TakingViewer, Told } from '../../support/viewer-sockets.ts';

async function session(limits: ConstructorParameters<typeof ScriptedSessions>[0] = {}) {
  const sessions = new ScriptedSessions(limits);
  const http = await startHttp({ directory: sessions, limits: { maxViewers: 100, allowedOrigins: [] } });
  const talk = sessions.start('talk');
  const close = async (): Promise<void> => {
    talk.end();
    await http[Symbol.asyncDispose]();
  };
  return { server: { host: http.host, [Symbol.asyncDispose]: close }, talk };
}

t.setTimeout(60_000);

const say = ({ socket }: TakingViewer, message: object): void => socket.send(JSON.stringify(message));
const holds = ({ type, state }: Told): boolean => type === 'ai_lease' && state === 'held';
const leasesOf = ({ told }: TakingViewer): unknown[] =>
  told.filter(({ type }) => type === 'ai_lease').map(({ state, fence }) => `${String(state)} ${String(fence)}`);
const hasCode =
  (wanted: string) =>
  ({ code }: Told): boolean =>
    code === wanted;

void t.test('forty ask at once: one holds it; as holders go each of the others has it, in order', async (t) => {
  const { server } = await session();
  await using _ = server;
  const waiting = await Promise.all(Array.from({ length: 40 }, () => view(server.host)));
  for (const viewer of waiting) say(viewer, { type: 'ai_acquire' });
  await Promise.all(waiting.map((viewer) => viewer.hears(({ type }) => type === 'ai_lease')));
  t.equal(waiting.filter(({ told }) => told.some(holds)).length, 1);
  let fence = 0;
  while (waiting.length > 0) {
    const holder = await Promise.any(waiting.map((viewer) => viewer.hears(holds).then(() => viewer)));
    const lease = holder.told.find(holds);
    t.ok(Number(lease?.['fence']) > fence, `${String(lease?.['fence'])} after ${fence}`);
    fence = Number(lease?.['fence']);
    t.equal(waiting.filter(({ told }) => told.some(holds)).length, 1, `${waiting.length} are left`);
    waiting.splice(waiting.indexOf(holder), 1);
    if (waiting.length % 2 === 0) holder.socket.terminate();
    else holder.socket.close();
    await holder.closed.catch(() => {});
  }
});

void t.test('held, renewed, given up: each is answered, and every asker hears each change', async (t) => {
  const { server } = await session();
  await using _ = server;
  const [one, two, silent] = [await view(server.host), await view(server.host), await view(server.host)];
  say(one, { type: 'ai_acquire' });
  t.strictSame(await one.hears(holds), { type: 'ai_lease', state: 'held', fence: 1, expiresInMs: 5_000 });
  say(two, { type: 'ai_acquire' });
  t.match(await two.hears(({ state }) => state === 'taken'), { fence: 1, expiresInMs: /^\d{4}$/ });
  say(one, { type: 'ai_renew', fence: 1 });
  say(two, { type: 'ai_renew', fence: 1 });
  t.match(await two.hears(hasCode('stale_fence')), { type: 'error', retryable: false });
  say(one, { type: 'ai_release', fence: 1 });
  await two.hears(holds);
  say(two, { type: 'ai_release', fence: 2 });
  await one.hears(({ state }) => state === 'free');
  await two.hears(({ state }) => state === 'free');
  t.strictSame(leasesOf(one), ['held 1', 'held 1', 'taken 2', 'free 2']);
  t.strictSame(leasesOf(two), ['taken 1', 'taken 1', 'held 2', 'free 2'], 'how it stands follows the error');
  t.strictSame(leasesOf(silent), [], 'who has not asked hears nothing');
});

void t.test('an insight goes to everybody in its place: viewers, event streams, late joiners, resumers', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const [holder, other, old] = [
    await view(server.host),
    await view(server.host),
    await view(server.host, { protocols: [] }),
  ];
  say(holder, { type: 'ai_acquire' });
  await holder.hears(holds);
  talk.final('a', 'said 1');
  await holder.hears(({ offset, type }) => type === 'transcript_final' && offset === 1);
  const data = { summary: 'ça — «là» </script>', list: [null, 1.5, { __proto__: null, deep: [[[true]]] }] };
  say(holder, { type: 'ai_insight', fence: 1, upToOffset: 1, data });
  const insight = { type: 'ai_insight', offset: 2, fence: 1, upToOffset: 1, data };
  for (const viewer of [holder, other]) {
    t.strictSame(await viewer.hears(({ type }) => type === 'ai_insight'), JSON.parse(JSON.stringify(insight)));
  }
  talk.final('b', 'said 2');
  const records = ['transcript_final 1', 'ai_insight 2', 'transcript_final 3'];
  const recordsOf = ({ told }: TakingViewer): string[] =>
    told
      .filter(({ type }) => type !== 'session' && type !== 'session_state')
      .map(({ type, offset }) => `${type} ${String(offset)}`);
  const late = await view(server.host, { query: '?after=0' });
  const epoch = late.told[0]?.['epoch'];
  const resumed = await view(server.host, { query: `?after=${String(epoch)}:1` });
  const french = await view(server.host, { query: '?after=0&language=fr' });
  for (const viewer of [late, resumed]) await viewer.hears(({ offset, type }) => offset === 3 && type !== 'session');
  t.strictSame(recordsOf(late), records);
  t.strictSame(recordsOf(resumed), records.slice(1));
  await french.hears(({ type }) => type === 'ai_insight');
  const stream = await fetch(`http://${server.host}/sessions/talk/events?after=0`);
  talk.end();
  const events = await stream.text();
  t.match(events, `id: ${String(epoch)}:2\nevent: ai_insight\ndata: ${JSON.stringify(insight)}\n`);
  t.notMatch(events, 'ai_lease');
  await old.closed;
  t.strictSame([...new Set(old.told.map(({ type }) => type))], ['transcript']);
});

const bad: [object, RegExp][] = [
  [{ type: 'ai_renew' }, /fence must be a whole number/],
  [{ type: 'ai_renew', fence: '1' }, /fence/],
  [{ type: 'ai_release', fence: 1.5 }, /fence/],
  [{ type: 'ai_insight', fence: -1, upToOffset: 0, data: 1 }, /fence/],
  [{ type: 'ai_insight', fence: 1, data: 1 }, /upToOffset must be a whole number/],
  [{ type: 'ai_insight', fence: 1, upToOffset: 0 }, /data must be there/],
  [{ type: 'ai_insight', fence: 1, upToOffset: 1, data: 1 }, /upToOffset must be a whole number from 0 to 0/],
  [{ type: 'ai_insight', fence: 1, upToOffset: 0, data: [[[[[[[[[1]]]]]]]]] }, /field must have at most 8 levels/],
  [{ type: 'ai_insight', fence: 1, upToOffset: 0, data: 'é'.repeat(7_680) }, /data must have at most 15360 bytes/],
];

void t.test(
  'a field that cannot be used is named; the tenth such message closes, stale fences do not count',
  async (t) => {
    const { server, talk } = await session();
    await using _ = server;
    const viewer = await view(server.host);
    say(viewer, { type: 'ai_acquire', unknown: 'is passed over' });
    await viewer.hears(holds);
    for (let sent = 0; sent < 5; sent += 1) say(viewer, { type: 'ai_renew', fence: 7 });
    await viewer.hears(hasCode('stale_fence'));
    for (const [message] of bad) say(viewer, message);
    const errors = (): Told[] => viewer.told.filter(({ code }) => code === 'bad_message');
    await viewer.hears(() => errors().length === bad.length);
    for (const [index, [message, sentence]] of bad.entries()) {
      t.match(errors()[index], { message: sentence, retryable: false }, JSON.stringify(message).slice(0, 60));
    }
    talk.final('a', 'said 1');
    t.match(await viewer.hears(({ type }) => type === 'transcript_final'), { offset: 1 }, 'none of it was recorded');
    viewer.socket.send('one more');
    t.strictSame(await viewer.closed, { code: 1008, reason: 'protocol_error' });
  },
);

void t.test(
  'a holder that answers no ping loses the lease when it is closed, not when its socket is gone',
  async (t) => {
    const { server, talk } = await session({ heartbeatIntervalMs: 200, heartbeatMaxMissed: 1, aiLeaseMs: 60_000 });
    await using _ = server;
    const [dead, next] = [await view(server.host, { autoPong: false }), await view(server.host)];
    talk.channel.heartbeat.start(() => talk.channel.hub.viewers);
    say(dead, { type: 'ai_acquire' });
    await dead.hears(holds);
    say(next, { type: 'ai_acquire' });
    dead.socket.pause();
    const lease = await next.hears(holds);
    t.equal(lease['fence'], 2);
    t.equal(talk.channel.hub.size, 2, 'its socket is still there');
    dead.socket.terminate();
  },
);

void t.test('a log that cannot answer refuses the lease, and captions go on', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  talk.log.beforeLease = () => Promise.reject(new LogError('unavailable', 'no'));
  const viewer = await view(server.host);
  say(viewer, { type: 'ai_acquire' });
  t.match(await viewer.hears(hasCode('log_unavailable')), { type: 'error', retryable: true });
  talk.final('a', 'said 1');
  await viewer.hears(({ type }) => type === 'transcript_final');
  talk.log.beforeLease = () => Promise.resolve();
  say(viewer, { type: 'ai_acquire' });
  await viewer.hears(holds);
  t.strictSame(leasesOf(viewer), ['held 1'], 'an error was not told as "free"');
});

void t.test('no lease with AI_MODE=off, nor for a token without the scope', async (t) => {
  const off = await session({ aiMode: 'off' });
  await using _ = off.server;
  const sessions = new ScriptedSessions();
  sessions.start('talk');
  const attach: typeof sessions.attach = (slug, line, viewer) =>
    sessions.attach(slug, line, { ...viewer, scopes: new Set(['view']) });
  const directory = {
    attach,
    get: (slug: string) => sessions.get(slug),
    list: () => sessions.list(),
    transcript: (slug: string) => sessions.transcript(slug),
  };
  await using barred = await startHttp({ directory });
  for (const [host, code] of [
    [off.server.host, 'ai_off'],
    [barred.host, 'token_not_for_this'],
  ] as const) {
    const viewer = await view(host);
    const messages = [{ type: 'ai_acquire' }, { type: 'ai_renew', fence: 0 }, { type: 'ai_release', fence: 0 }];
    for (const message of messages) say(viewer, message);
    say(viewer, { type: 'ai_insight', fence: 0, upToOffset: 0, data: 1 });
    const errors = (): Told[] => viewer.told.filter(({ type }) => type === 'error');
    await viewer.hears(() => errors().length === 4);
    t.strictSame(
      errors().map((error) => error['code']),
      [code, code, code, code],
    );
    viewer.socket.terminate();
  }
});
