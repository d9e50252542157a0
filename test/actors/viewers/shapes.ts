/** Exactly what viewers of either version are told: every message, every field, nothing else. */
import t from 'tap';
import { startHttp } from '../../support/http-server.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import type { ScriptedSession } from '../../support/scripted-sessions.ts';
import { view } from '../../support/viewer-sockets.ts';
import type { TakingViewer, Told } from '../../support/viewer-sockets.ts';

const place = { startMs: 0, endMs: 2_000, language: 'en' };
const words = [{ text: 'bonjour', startMs: 10, endMs: 20, estimated: true }];
const rich = { words, speaker: 'A', channel: 1, confidence: 0.5 };
const richPlace = { text: 'bonjour', startMs: 10, endMs: 20, language: 'fr' };

async function session() {
  const sessions = new ScriptedSessions();
  const server = await startHttp({ directory: sessions });
  return { server, talk: sessions.start('talk') };
}

/** A life with every kind of message in it; what is replaced is heard first by whoever is given. */
async function live(talk: ScriptedSession, viewer: TakingViewer): Promise<void> {
  const count = viewer.told.length;
  talk.partial('a', 'good');
  await viewer.hears(() => viewer.told.length > count);
  talk.final('a', 'good morning');
  talk.channel.gap(2_000, 2_500, 'publisher_lost');
  talk.channel.setState('publisher_lost');
  talk.channel.sink.final({ engineSession: 's', utterance: 'r', ...richPlace, ...rich });
  viewer.socket.send('hello?');
  await viewer.hears((message) => message['utteranceId'] === 'u2');
}

const hello = { type: 'session', slug: 'talk', epoch: 1, offset: 0, state: 'live', transcriber: 'script' };

const later: Told[] = [
  { type: 'transcript_partial', utteranceId: 'u1', text: 'good', ...place },
  { type: 'transcript_final', offset: 1, utteranceId: 'u1', text: 'good morning', ...place },
  { type: 'gap', offset: 2, startMs: 2_000, endMs: 2_500, cause: 'publisher_lost' },
  { type: 'transcript_final', offset: 3, utteranceId: 'u2', ...richPlace, ...rich },
  { type: 'session_state', state: 'publisher_lost' },
];

const end: Told = {
  type: 'session_end',
  offset: 4,
  reason: 'publisher_ended',
  ledger: { receivedMs: 60_000, transcribedMs: 48_000, gapMs: 12_000 },
};

void t.test('captiond.v2 has these messages, with these fields', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  await live(talk, viewer);
  const { message, ...error } = await viewer.hears(({ type }) => type === 'error');
  talk.end();
  t.strictSame(await viewer.closed, { code: 1000, reason: 'session_end' });
  const { startedAt, ...first }: Partial<Told> = viewer.told[0] ?? {};
  t.strictSame(first, { ...hello, resumed: false });
  t.match(startedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.strictSame(
    viewer.told.slice(1).filter(({ type }) => type !== 'error'),
    [...later, end],
  );
  t.strictSame(error, { type: 'error', code: 'protocol_error', retryable: false });
  t.type(message, 'string');
});

void t.test(
  'a session message names where the history starts only when the cursor could not be honoured',
  async (t) => {
    const { server, talk } = await session();
    await using _ = server;
    talk.final('a', 'said 1');
    for (const [query, more] of [
      ['', { resumed: false }],
      ['?after=1:1', { resumed: true }],
      ['?after=9:1', { resumed: false, firstOffset: 1 }],
    ] as const) {
      const viewer = await view(server.host, { query });
      const { startedAt: _startedAt, ...first }: Partial<Told> = viewer.told[0] ?? {};
      t.strictSame(first, { ...hello, offset: 1, ...more }, query);
      viewer.socket.terminate();
    }
  },
);

void t.test('without a subprotocol the old shape has transcripts alone, with the old fields alone', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const old = await view(server.host, { protocols: [] });
  await live(talk, old);
  talk.end();
  t.equal((await old.closed).code, 1000);
  const transcript = { type: 'transcript', sessionSlug: 'talk' };
  t.strictSame(old.told, [
    { ...transcript, utteranceId: 'u1', text: 'good', isFinal: false, ...place },
    { ...transcript, utteranceId: 'u1', text: 'good morning', isFinal: true, ...place },
    { ...transcript, utteranceId: 'u2', isFinal: true, ...richPlace },
  ]);
});

void t.test('what the engine repeats after it was final reaches nobody, and is counted', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  const viewer = await view(server.host);
  talk.final('a', 'said 1');
  talk.final('a', 'said 1 again');
  talk.partial('a', 'sa');
  talk.final('b', 'said 2');
  await viewer.hears(({ offset, type }) => offset === 2 && type === 'transcript_final');
  t.strictSame(
    viewer.told.slice(1).map(({ type, offset, text }) => [type, offset, text].join(' ')),
    ['transcript_final 1 said 1', 'transcript_final 2 said 2'],
  );
  t.equal(talk.channel.duplicates, 1);
});

void t.test('after the end nothing is recorded, and the end is told once', async (t) => {
  const { server, talk } = await session();
  await using _ = server;
  talk.final('a', 'said 1');
  talk.end();
  talk.final('b', 'said 2');
  talk.channel.gap(0, 1, 'audio_lost');
  talk.channel.setState('live');
  talk.end();
  const late = await view(server.host, { query: '?after=0' });
  t.equal((await late.closed).code, 1000);
  t.strictSame(
    late.told.map(({ type, state }) => [type, state].join(' ')),
    ['session ended', 'transcript_final ', 'session_end '],
  );
});
