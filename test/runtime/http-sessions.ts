/** `POST /sessions` prepares a session with options of its own, `DELETE /sessions/SLUG` ends one. */
import t from 'tap';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import { talkPcm } from '../gladia-simulator/marks.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWav } from '../support/wav.ts';

t.setTimeout(120_000);

const json = { 'content-type': 'application/json' };

async function cloudServer() {
  const gladia = await startGladia();
  const options = { GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none' };
  const server = await startServer(options);
  const prepare = (body: unknown, headers: Record<string, string> = json) =>
    fetch(server.httpUrl('/sessions'), { method: 'POST', headers, body: JSON.stringify(body) });
  return { gladia, server, prepare };
}

/** The body of the request that began the newest session at Gladia. */
function asked(gladia: GladiaSimulator): object {
  const post = gladia.journal.findLast(({ type }) => type === 'post');
  return JSON.parse(String(post?.details['text'])) as object;
}

void t.test('a prepared session waits for its publisher, and Gladia is asked for what was wished', async (t) => {
  const { gladia, server, prepare } = await cloudServer();
  await using _ = gladia;
  await using __ = server;
  const wishes = {
    languages: ['en', 'fr'],
    codeSwitching: true,
    vocabulary: ['captiond', { value: 'Gladia', intensity: 0.5, pronunciations: ['gladya'], language: 'en' }],
    spelling: { captiond: ['caption dee'] },
    translations: ['fr'],
    endpointing: 0.35,
    region: 'us-west',
  };
  const answer = await prepare({ slug: 'talk', ...wishes });
  t.equal(answer.status, 201);
  t.match(await answer.json(), { slug: 'talk', state: 'awaiting', transcriber: 'gladia/solaria-1' });
  using french = collect(server.watchUrl('talk', '?after=0&language=fr'));
  using all = collect(server.watchUrl('talk', '?after=0'));
  const wav = await writeWav(t, talkPcm(0, 2, 4));
  await using publisher = await ffmpegAudio(wav, server.rtmpUrl('talk'));
  t.equal(await all.closed, 1000);
  t.equal(await french.closed, 1000);
  await publisher.exited;
  t.match(asked(gladia), { endpointing: 0.35, language_config: { languages: ['en', 'fr'], code_switching: true } });
  t.equal(gladia.count('refused'), 0);
  t.match(french.text(), /^w000-fr w001-fr w002-fr w003-fr w004-fr/);
  t.notMatch(french.text(), /w000 /);
  t.match(all.text(), /w000 w001 w002 w003/);
  t.match(french.messages.at(-1), { type: 'session_end' });
});

void t.test('every field that is wrong is named with what was expected', async (t) => {
  const { gladia, server, prepare } = await cloudServer();
  await using _ = gladia;
  await using __ = server;
  const wrong: [unknown, RegExp][] = [
    [[], /must be an object/],
    [{}, /slug must be given/],
    [{ slug: 'No Slug' }, /slug must be a slug/],
    [{ slug: 'a', languages: ['english'] }, /languages must be a list of language codes/],
    [{ slug: 'a', languages: [] }, /languages must be/],
    [{ slug: 'a', codeSwitching: true }, /codeSwitching needs several languages/],
    [{ slug: 'a', vocabulary: [{ value: 'x', intensity: 2 }] }, /vocabulary must be/],
    [{ slug: 'a', spelling: { x: 'y' } }, /spelling must be/],
    [{ slug: 'a', translations: ['xx'] }, /translations must be/],
    [{ slug: 'a', endpointing: 0 }, /endpointing must be a number of seconds from 0\.01 to 10/],
    [{ slug: 'a', region: 'mars' }, /region must be one of eu-west, us-west/],
    [{ slug: 'a', model: 'x' }, /model must be one of solaria-1/],
    [{ slug: 'a', transcriber: 'whisper' }, /transcriber must be one of gladia, local/],
    [{ slug: 'a', transcriber: 'local' }, /the built-in engine is not there/],
    [{ slug: 'a', langauges: ['en'] }, /langauges is not known/],
    [{ slug: 'a', endpointing: 11, region: 'x' }, /endpointing must be .* region must be/],
  ];
  for (const [body, sentence] of wrong) {
    const answer = await prepare(body);
    t.equal(answer.status, 400, JSON.stringify(body));
    t.match(await answer.json(), { error: { code: 'bad_request', message: sentence } });
  }
  t.equal(server.server.registry.size, 0, 'nothing was started');
});

void t.test('no JSON, too much of it, a foreign page, a name that runs: refused', async (t) => {
  const { gladia, server, prepare } = await cloudServer();
  await using _ = gladia;
  await using __ = server;
  t.equal((await prepare({ slug: 'a' }, { 'content-type': 'text/plain' })).status, 415);
  t.equal((await prepare({ slug: 'a', vocabulary: ['x'.repeat(70_000)] })).status, 413);
  t.equal((await prepare({ slug: 'a' }, { ...json, origin: 'https://evil.example' })).status, 403);
  t.equal((await prepare({ slug: 'a' })).status, 201);
  t.match(await (await prepare({ slug: 'a' })).json(), { error: { code: 'session_exists' } });
});

void t.test('DELETE ends a session in order, and says so when there is none', async (t) => {
  const { gladia, server, prepare } = await cloudServer();
  await using _ = gladia;
  await using __ = server;
  await prepare({ slug: 'talk' });
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  await viewer.find(({ type }) => type === 'session');
  const remove = (slug: string) => fetch(server.httpUrl(`/sessions/${slug}`), { method: 'DELETE' });
  t.equal((await remove('talk')).status, 202);
  t.equal(await viewer.closed, 1000);
  t.match(viewer.messages.at(-1), { type: 'session_end', reason: 'stopped' });
  t.equal((await remove('nobody')).status, 404);
  t.equal(gladia.count('post'), 0, 'without sound no session was asked for');
});

void t.test('with the built-in engine only what it can do may be wished', async (t) => {
  await using server = await startServer();
  const prepare = (body: unknown) =>
    fetch(server.httpUrl('/sessions'), { method: 'POST', headers: json, body: JSON.stringify(body) });
  t.match(await (await prepare({ slug: 'a', transcriber: 'gladia' })).json(), {
    error: { message: /no GLADIA_API_KEY/ },
  });
  t.match(await (await prepare({ slug: 'a', languages: ['fr'] })).json(), { error: { message: /must be \["en"\]/ } });
  t.match(await (await prepare({ slug: 'a', endpointing: 1 })).json(), {
    error: { message: /endpointing is for Gladia/ },
  });
  t.equal((await prepare({ slug: 'a', transcriber: 'local', languages: ['en'] })).status, 201);
});
