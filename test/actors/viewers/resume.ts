/** Finals, gaps and the end in order of their offsets, none missing, none twice, however often a viewer reconnects. */
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { finalsOf, view } from '../../support/viewer-sockets.ts';

const EPOCH = 1;
const FINALS = 12;

async function session() {
  const sessions = new ScriptedSessions();
  const server = await startHttp({ directory: sessions, limits: { maxViewers: 1_000, allowedOrigins: [] } });
  return { server, talk: sessions.start('talk') };
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index} said ${from + index}`);

void t.test('from every offset a viewer gets exactly what it lacks, and what comes', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  for (let at = 1; at <= FINALS; at += 1) talk.final(`u${at}`, `said ${at}`);
  const viewers = [];
  for (let offset = 0; offset <= FINALS; offset += 1) {
    viewers.push(await view(server.host, { query: `?after=${EPOCH}:${offset}` }));
  }
  talk.final('later', `said ${FINALS + 1}`);
  for (const [offset, viewer] of viewers.entries()) {
    await viewer.hears((message) => message['offset'] === FINALS + 1 && message.type === 'transcript_final');
    t.match(viewer.told[0], { type: 'session', epoch: EPOCH, offset: FINALS, resumed: true });
    t.notOk('firstOffset' in (viewer.told[0] ?? {}));
    t.strictSame(finalsOf(viewer.told), texts(offset + 1, FINALS + 1), `after ${offset}`);
    viewer.socket.terminate();
  }
});

void t.test('a viewer that is cut again and again misses nothing and gets nothing twice', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const finals: string[] = [];
  let offset = 0;
  for (let round = 0; round < 10; round += 1) {
    talk.final(`away ${round}`, `said ${2 * round + 1}`);
    const viewer = await view(server.host, { query: `?after=${EPOCH}:${offset}` });
    talk.final(`here ${round}`, `said ${2 * round + 2}`);
    await viewer.hears((message) => message['offset'] === 2 * round + 2);
    finals.push(...finalsOf(viewer.told));
    offset = 2 * round + 2;
    viewer.socket.terminate();
  }
  t.strictSame(finals, texts(1, 20));
});

void t.test('what a cursor asks for and what it gets', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  talk.final('a', 'said 1');
  talk.final('b', 'said 2');
  const table: [string, boolean, string[]][] = [
    ['', false, []],
    ['?after=0', true, texts(1, 2)],
    [`?after=${EPOCH}:0`, true, texts(1, 2)],
    [`?after=${EPOCH}:1`, true, texts(2, 2)],
    [`?after=${EPOCH}:2`, true, []],
    [`?after=${EPOCH}:3`, false, texts(1, 2)],
    [`?after=${EPOCH + 1}:1`, false, texts(1, 2)],
  ];
  for (const [query, resumed, finals] of table) {
    const viewer = await view(server.host, { query });
    viewer.socket.send('{"type":"unknown"}');
    await viewer.hears(({ type }) => type === 'error');
    t.match(viewer.told[0], { type: 'session', resumed }, query);
    t.equal('firstOffset' in (viewer.told[0] ?? {}), !resumed && query !== '', query);
    t.strictSame(finalsOf(viewer.told), finals, query);
    viewer.socket.terminate();
  }
});

void t.test('an ended session gives its history and closes with 1000', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const early = await view(server.host);
  talk.final('a', 'said 1');
  talk.channel.gap(2_500, 3_000, 'audio_lost');
  talk.end();
  t.strictSame(await early.closed, { code: 1000, reason: 'session_end' });
  const late = await view(server.host, { query: '?after=0' });
  t.strictSame(await late.closed, { code: 1000, reason: 'session_end' });
  for (const { told } of [early, late]) {
    t.strictSame(
      told
        .filter((message) => 'offset' in message && message.type !== 'session')
        .map(({ type, offset }) => [type, offset]),
      [
        ['transcript_final', 1],
        ['gap', 2],
        ['session_end', 3],
      ],
    );
    t.match(told.at(-1), { ledger: { receivedMs: 60_000, transcribedMs: 48_000, gapMs: 12_000 } });
  }
});

void t.test('partials=0 gives finals only', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const finalsOnly = await view(server.host, { query: '?partials=0' });
  const all = await view(server.host);
  talk.partial('a', 'sa');
  await all.hears(({ type }) => type === 'transcript_partial');
  talk.final('a', 'said 1');
  for (const viewer of [finalsOnly, all]) await viewer.hears(({ type }) => type === 'transcript_final');
  t.notOk(finalsOnly.told.some(({ type }) => type === 'transcript_partial'));
});

void t.test('an utterance that comes to nothing is withdrawn by an empty partial', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  talk.partial('a', 'mm');
  const shown = await viewer.hears(({ type }) => type === 'transcript_partial');
  talk.final('a', ' ');
  const withdrawn = await viewer.hears((message) => message.type === 'transcript_partial' && message['text'] === '');
  t.equal(withdrawn['utteranceId'], shown['utteranceId']);
  t.equal(talk.channel.offset, 0, 'nothing is recorded');
});
