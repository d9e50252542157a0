/** The program with Gladia: a real publisher, real ffmpeg, the simulated Gladia, viewers over WebSocket. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { talkPcm, wordName } from '../gladia-simulator/marks.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import { clips, writeSpeech } from '../support/speech.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWav } from '../support/wav.ts';
import { wordErrorRate } from '../support/wer.ts';

t.setTimeout(240_000);

const SENTENCES = 4;
const WORDS_EACH = 6;
const words = Array.from({ length: SENTENCES * WORDS_EACH }, (_, index) => wordName(index));

function serverFor(gladia: GladiaSimulator, more: Record<string, string> = {}) {
  return startServer({ GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, ...more });
}

void t.test('marked words published over RTMP as AAC come back once and in order, through a drop', async (t) => {
  await using gladia = await startGladia();
  await using server = await serverFor(gladia, { TRANSCRIBER_FALLBACK: 'none' });
  const wav = await writeWav(t, talkPcm(0, SENTENCES, WORDS_EACH));
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  await using publisher = await ffmpegAudio(wav, server.rtmpUrl('talk'));
  await viewer.find(({ type, text }) => type === 'transcript_final' && text?.includes('w006') === true);
  gladia.dropAll('reset');
  t.equal(await viewer.closed, 1000);
  await publisher.exited;
  t.strictSame(viewer.text().split(' '), words);
  const end = viewer.messages.at(-1);
  t.match(end, { type: 'session_end', reason: 'publisher_ended', ledger: { gapMs: 0 } });
  t.equal(end?.ledger?.receivedMs, end?.ledger?.transcribedMs);
  t.match(viewer.messages[0], { type: 'session', transcriber: 'gladia/solaria-1' });
  t.equal(gladia.count('post'), 1);
  t.equal(gladia.running, 0);
  for (const secret of [gladia.options.key, ...gladia.sessions.map(({ token }) => token)]) {
    t.notOk(server.lines.join('').includes(secret));
  }
});

void t.test(
  'a key that Gladia does not take: viewers hear so, and the built-in engine writes the captions',
  async (t) => {
    await using gladia = await startGladia({ key: 'another' });
    await using server = await startServer({ GLADIA_API_KEY: 'wrong-key-canary', GLADIA_URL: gladia.url });
    const folder = await mkdtemp(join(tmpdir(), 'captiond-gladia-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const [clip] = clips;
    if (clip === undefined) throw new Error('no clip');
    using viewer = collect(server.watchUrl('talk', '?after=0'));
    await using publisher = await ffmpegAudio(clip.path, server.rtmpUrl('talk'));
    await viewer.find(({ type }) => type === 'transcript_partial');
    t.equal(await viewer.closed, 1000);
    await publisher.exited;
    t.ok(wordErrorRate(clip.text, viewer.text()) <= 0.1, viewer.text());
    t.match(viewer.messages.at(-1), { type: 'session_end', ledger: { gapMs: 0 } });
    t.equal(gladia.count('post'), 1);
    t.notMatch(server.lines.join(''), /canary/);
  },
);

void t.test('without a fallback a refusal ends the session with its reason, and everything is declared', async (t) => {
  await using gladia = await startGladia({ key: 'another' });
  await using server = await serverFor(gladia, { GLADIA_API_KEY: 'wrong', TRANSCRIBER_FALLBACK: 'none' });
  const folder = await mkdtemp(join(tmpdir(), 'captiond-gladia-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  await using publisher = await ffmpegAudio(writeSpeech(folder).path, server.rtmpUrl('talk'));
  t.equal(await viewer.closed, 1000);
  await publisher.exited;
  const end = viewer.messages.at(-1);
  t.match(end, { type: 'session_end', reason: 'transcriber_failed', ledger: { transcribedMs: 0 } });
  t.equal(end?.ledger?.receivedMs, end?.ledger?.gapMs);
  const states = viewer.messages.flatMap(({ type, state }) => (type === 'session_state' ? [state] : []));
  t.equal(states.at(-1), 'transcriber_lost', 'viewers are told why');
  t.match(server.lines.join(''), /Gladia answered 401/);
});
