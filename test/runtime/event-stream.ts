/** Server-sent events over real connections: what a browser's `EventSource` needs to lose nothing. */
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { closes } from '../../actors/wire/close-codes.ts';
import { comeBackLater } from '../../actors/wire/events.ts';
import type { Readiness } from '../../runtime/http/readiness.ts';
import { startHttp } from '../support/http-server.ts';
import type { TestHttp } from '../support/http-server.ts';
import { eventually } from '../support/processes.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

interface Event {
  id?: string;
  event: string;
  data: Record<string, unknown>;
}

/** A reader of the stream format (WHATWG HTML, section 9.2.6), as far as it is used. */
async function listen(server: TestHttp, path: string, headers: Record<string, string> = {}) {
  const request = get(server.url(path), { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const events: Event[] = [];
  let rest = '';
  let comments = 0;
  const retries: number[] = [];
  response.on('error', () => {});
  response.setEncoding('utf8').on('data', (text: string) => {
    const blocks = `${rest}${text}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?([^]*)/, 2)));
      if ('data' in fields) events.push({ ...fields, data: JSON.parse(fields['data']) } as Event);
      else if ('retry' in fields) retries.push(Number(fields['retry']));
      else comments += 1;
    }
  });
  const has = (count: number): Promise<void> => eventually(`${count} events`, () => events.length >= count);
  return {
    response,
    events,
    has,
    retries,
    comments: () => comments,
    closed: new Promise<void>((resolve) => response.once('close', resolve)),
    leave: () => request.destroy(),
  };
}

const idsOf = (events: readonly Event[]) => events.flatMap(({ id }) => (id === undefined ? [] : [id]));

void t.test('the messages of v2 come as events, records with an id to resume from', async (t) => {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  session.final('a', 'One.');
  const stream = await listen(server, '/sessions/talk/events?after=0');
  t.match(stream.response.headers, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  await stream.has(2);
  session.partial('b', 'two\nlines');
  await stream.has(3);
  session.final('b', 'Two.');
  session.end();
  await stream.closed;
  t.strictSame(
    stream.events.map(({ event, data }) => [event, data['type'], data['text'] ?? data['reason']]),
    [
      ['session', 'session', undefined],
      ['transcript_final', 'transcript_final', 'One.'],
      ['transcript_partial', 'transcript_partial', 'two\nlines'],
      ['transcript_final', 'transcript_final', 'Two.'],
      ['session_end', 'session_end', 'publisher_ended'],
    ],
  );
  t.strictSame(idsOf(stream.events), ['1:1', '1:2', '1:3']);
});

void t.test('Last-Event-ID goes on where the browser was, and before the query', async (t) => {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  for (const name of ['a', 'b', 'c']) session.final(name, name);
  const stream = await listen(server, '/sessions/talk/events?after=0', { 'last-event-id': '1:2' });
  await stream.has(2);
  t.match(stream.events[0]?.data, { type: 'session', resumed: true });
  session.final('d', 'd');
  await stream.has(3);
  t.strictSame(idsOf(stream.events), ['1:3', '1:4']);
  stream.leave();
  const strange = await listen(server, '/sessions/talk/events', { 'last-event-id': '9:9' });
  await strange.has(5);
  t.match(strange.events[0]?.data, { resumed: false, firstOffset: 1 });
  t.strictSame(idsOf(strange.events), ['1:1', '1:2', '1:3', '1:4']);
  strange.leave();
});

void t.test('a browser that has all of a run that is over is told not to come back', async (t) => {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  session.final('a', 'One.');
  session.end();
  const summary = sessions.get('talk');
  if (summary !== undefined) summary.offset = 2;
  const answer = await fetch(server.url('/sessions/talk/events'), { headers: { 'last-event-id': '1:2' } });
  t.equal(answer.status, 204);
  const rest = await listen(server, '/sessions/talk/events', { 'last-event-id': '1:1' });
  await rest.closed;
  t.strictSame(idsOf(rest.events), ['1:2'], 'what it lacks it gets');
});

void t.test('what cannot be is refused before the stream begins', async (t) => {
  const sessions = new ScriptedSessions();
  const limits = { maxViewers: 1, allowedOrigins: [] };
  const state: Readiness = { ready: true };
  const readiness = () => state;
  await using server = await startHttp({ directory: sessions, limits, readiness });
  sessions.start('talk');
  const code = async (path: string, headers = {}): Promise<unknown> => {
    const answer = await fetch(server.url(path), { headers });
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };
  t.strictSame(await code('/sessions/nobody/events'), [404, 'no_such_session']);
  t.strictSame(await code('/sessions/talk/events?partials=2'), [400, 'bad_request']);
  t.strictSame(await code('/sessions/talk/events', { 'last-event-id': 'x' }), [400, 'bad_request']);
  const only = await listen(server, '/sessions/talk/events');
  await only.has(1);
  t.strictSame(await code('/sessions/talk/events'), [503, 'at_capacity']);
  only.leave();
  await only.closed;
  let answer = await fetch(server.url('/sessions/talk/events'));
  while (answer.status === 503) answer = await fetch(server.url('/sessions/talk/events'));
  t.equal(answer.status, 200, 'the place is free');
  await answer.body?.cancel();
  Object.assign(state, { ready: false, reason: 'server_draining' });
  const away = await listen(server, '/sessions/talk/events');
  await away.closed;
  t.equal(away.response.statusCode, 200, 'at any other status a browser would not come back');
  t.strictSame(away.events, []);
  t.equal(away.retries.length, 2, 'told when to come back, and ended');
  const head = await fetch(server.url('/sessions/talk/events'), { method: 'POST' });
  t.equal(head.status, 405);
});

void t.test('a stream that is idle is kept open, and one whose reader is gone is forgotten', async (t) => {
  const sessions = new ScriptedSessions({ heartbeatIntervalMs: 100 });
  await using server = await startHttp({ directory: sessions });
  const { hub, heartbeat } = sessions.start('talk').channel;
  heartbeat.start(() => hub.viewers);
  t.teardown(() => heartbeat.stop());
  const stream = await listen(server, '/sessions/talk/events');
  await eventually('three comments', () => stream.comments() >= 3);
  t.equal(hub.size, 1);
  stream.leave();
  await eventually('it is forgotten', () => hub.size === 0);
});

void t.test('a reader that does not read is closed as too slow, and gets every record when it resumes', async (t) => {
  const sessions = new ScriptedSessions({ viewerQueueMax: 10_000, viewerQueueMaxBytes: 200_000 });
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  const stream = await listen(server, '/sessions/talk/events');
  await stream.has(1);
  stream.response.pause();
  const { counts } = session.channel.hub;
  let last = 0;
  while (counts.slowCloses === 0 && last < 5_000) {
    last += 1;
    session.final(`u${last}`, 'word '.repeat(5_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(counts.slowCloses, 1);
  stream.response.resume();
  await stream.closed;
  const ids = idsOf(stream.events);
  t.ok(ids.length < last);
  const rest = await listen(server, '/sessions/talk/events', { 'last-event-id': ids.at(-1) ?? '1:0' });
  await eventually('everything is there', () => idsOf(rest.events).length + ids.length >= last, 10_000);
  rest.leave();
  t.strictSame(
    [...ids, ...idsOf(rest.events)],
    Array.from({ length: last }, (_, index) => `1:${index + 1}`),
  );
});

void t.test('a stream that fails at its start is cut, said in the log, and takes no place', async (t) => {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions, limits: { maxViewers: 1, allowedOrigins: [] } });
  sessions.start('talk');
  const attach = sessions.attach.bind(sessions);
  sessions.attach = () => {
    throw new Error('broken session');
  };
  await t.rejects(fetch(server.url('/sessions/talk/events')).then((answer) => answer.text()));
  t.match(server.lines.join(''), /broken session/);
  sessions.attach = attach;
  const stream = await listen(server, '/sessions/talk/events');
  await stream.has(1);
  stream.leave();
});

void t.test(
  'when the server goes down, each browser is told another time to come back, within five seconds',
  async (t) => {
    const STREAMS = 20;
    const sessions = new ScriptedSessions();
    await using server = await startHttp({
      directory: sessions,
      limits: { maxViewers: STREAMS, allowedOrigins: [] },
    });
    const session = sessions.start('talk');
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => listen(server, '/sessions/talk/events')));
    await Promise.all(streams.map(({ has }) => has(1)));
    session.final('a', 'last words');
    session.channel.hub.close(closes.serverRestarting, () => {});
    await Promise.all(streams.map(({ closed }) => closed));
    for (const { events } of streams) t.equal(events.at(-1)?.data['text'], 'last words', 'nothing is lost for it');
    const waits = streams.map(({ retries }) => retries.at(-1) ?? NaN);
    t.ok(
      waits.every((ms) => ms >= 0 && ms < 5_000),
      waits.join(' '),
    );
    t.ok(new Set(waits).size > STREAMS / 2, 'they do not come back together');
    t.strictSame(
      [0, 0.5, 0.999_99].map((chance) => comeBackLater(() => chance)),
      ['retry: 0\n\n', 'retry: 2500\n\n', 'retry: 4999\n\n'],
    );
  },
);
