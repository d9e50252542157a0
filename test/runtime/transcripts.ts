/** `GET /sessions/SLUG/transcript.*`: live and after, of one run among several, in one language among two. */
import t from 'tap';
import type { EngineUtterance } from '../../actors/ports.ts';
import { ORDERS_MAX } from '../../actors/exports/write-transcript.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

const sessions = new ScriptedSessions();
const server = await startHttp({ directory: sessions });
t.teardown(() => server[Symbol.asyncDispose]());
const talk = sessions.start('talk');
const said = (utterance: string, language: string, text: string, startMs: number): EngineUtterance => {
  return { engineSession: 'script', utterance, channel: 0, language, text, startMs, endMs: startMs + 1_500 };
};
talk.channel.sink.final(said('a', 'en', 'Here we are.', 0));
talk.channel.sink.final(said('a', 'fr', 'Nous voici.', 0));
talk.channel.gap(2_000, 14_000, 'audio_lost');
talk.channel.sink.final(said('b', 'en', 'And <b>on</b> we go.', 15_000));
await new Promise((resolve) => setImmediate(resolve));

const get = (path: string): Promise<Response> => fetch(server.url(path));

void t.test('each format has its type, its name and the finals', async (t) => {
  for (const [format, type, text] of [
    ['json', 'application/json; charset=utf-8', /"records": \[/],
    ['txt', 'text/plain; charset=utf-8', /Here we are\./],
    ['srt', 'application/x-subrip; charset=utf-8', /^1\r?\n00:00:00,000 --> /],
    ['vtt', 'text/vtt; charset=utf-8', /^WEBVTT/],
  ] as const) {
    const answer = await get(`/sessions/talk/transcript.${format}`);
    t.equal(answer.status, 200);
    t.equal(answer.headers.get('content-type'), type);
    t.equal(answer.headers.get('content-disposition'), `inline; filename="talk-1.${format}"`);
    const body = await answer.text();
    t.match(body, text);
    t.match(body, /we go\./);
    t.notMatch(body, format === 'json' ? /"complete": true/ : /Nous voici/, 'live, and in what was spoken');
  }
});

void t.test('a language that was translated to has a transcript of its own', async (t) => {
  const answer = await get('/sessions/talk/transcript.vtt?language=FR');
  t.equal(answer.headers.get('content-disposition'), 'inline; filename="talk-1.fr.vtt"');
  const body = await answer.text();
  t.match(body, /Nous voici\./);
  t.notMatch(body, /Here we are/);
});

void t.test('markup in what was said is text in a cue', async (t) => {
  const body = await (await get('/sessions/talk/transcript.vtt')).text();
  t.match(body, /And &lt;b&gt;on&lt;\/b&gt; we go\./);
});

void t.test('hours of speech are written while the server answers others', async (t) => {
  const long = sessions.start('long');
  for (let number = 0; number < 10_000; number += 1) {
    long.channel.sink.final(
      said(`u${number}`, 'en', `Sentence ${number} of a long day, and then some.`, number * 2_000),
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  const writing = get('/sessions/long/transcript.vtt');
  const progress = { isWritten: false };
  void writing.finally(() => (progress.isWritten = true));
  let answered = 0;
  while (!progress.isWritten) {
    await (await get('/healthz')).text();
    answered += 1;
  }
  t.ok(answered > 20, `${answered} answers meanwhile`);
  t.ok((await (await writing).text()).length > 500_000);
});

void t.test('a crowd that asks at once is served up to a bound, the rest is told to come back', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: ORDERS_MAX + 10 }, () => get('/sessions/talk/transcript.txt').then(({ status }) => status)),
  );
  t.ok(answers.filter((status) => status === 200).length >= ORDERS_MAX);
  t.ok(answers.includes(503));
});
