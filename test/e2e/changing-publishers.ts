/**
 * Publishers whose timestamps jump, start again, go back or wrap, or whose audio changes its codec, rate or channels: over
 * real RTMP and real ffmpeg every word is told once, in order and in its place.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import type { AudioTag } from '../../actors/ports.ts';
import { talkPcm, wordName } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { aacTags, encode, flvTags } from '../support/audio-tags.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWav } from '../support/wav.ts';

t.setTimeout(240_000);

const SENTENCES = 3;
const WORDS_EACH = 4;
const SENTENCE_PAUSE_MS = 800;
const SENTENCE_MS = WORDS_EACH * 400 + SENTENCE_PAUSE_MS;
const words = Array.from({ length: SENTENCES * WORDS_EACH }, (_, index) => wordName(index));
/** In the pause behind the first sentence. */
const CHANGE_MS = 2_000;
/** What encoders put before their sound, and the steps of times. */
const OFF_MAX_MS = 150;
const WRAP = 2 ** 32;
/** Publishers at a time. */
const JOBS = 5;

/** A tag, when it is sent, and the timestamp that it is sent with. */
interface Sent {
  tag: AudioTag;
  dueMs: number;
  timestamp: number;
}

type Stamp = (dueMs: number) => number;

const wav = await writeWav(t, talkPcm(0, SENTENCES, WORDS_EACH, SENTENCE_PAUSE_MS));
const aac = aacTags(wav, '-ar', '48000', '-ac', '2');

const stamped = (stamp: Stamp): Sent[] =>
  aac.map((tag) => ({ tag, dueMs: tag.timestampMs, timestamp: stamp(tag.timestampMs) }));

/** The first sentence as it is, everything else in another encoding. */
function changingTo(others: AudioTag[]): Sent[] {
  const first = aac.filter(({ timestampMs }) => timestampMs < CHANGE_MS);
  const rest = others.filter(({ config, timestampMs }) => config || timestampMs >= CHANGE_MS);
  const dueMs = (tag: AudioTag): number => (tag.config ? CHANGE_MS : tag.timestampMs);
  return [
    ...first.map((tag) => ({ tag, dueMs: tag.timestampMs, timestamp: tag.timestampMs })),
    ...rest.map((tag) => ({ tag, dueMs: dueMs(tag), timestamp: dueMs(tag) })),
  ];
}

const onceChanged =
  (changed: Stamp): Stamp =>
  (dueMs) =>
    dueMs < CHANGE_MS ? dueMs : changed(dueMs);

const cases: Record<string, Sent[]> = {
  undisturbed: stamped((dueMs) => dueMs),
  'an hour ahead': stamped(onceChanged((dueMs) => dueMs + 3_600_000)),
  'from 0 again': stamped(onceChanged((dueMs) => dueMs - CHANGE_MS)),
  'back a second': stamped(onceChanged((dueMs) => dueMs - 1_000)),
  'always 0': stamped(() => 0),
  'beyond 2^32': stamped((dueMs) => (WRAP - CHANGE_MS + dueMs) % WRAP),
  'another rate': changingTo(aacTags(wav, '-ar', '44100', '-ac', '2')),
  'another count of channels': changingTo(aacTags(wav, '-ar', '48000', '-ac', '1')),
  'another codec': changingTo(flvTags(encode(wav, ['-c:a', 'libmp3lame', '-ar', '44100', '-f', 'flv']))),
};

/** Publishes in real time, then says goodbye. */
async function play({ addresses: { rtmp } }: TestServer, name: string, sent: readonly Sent[]): Promise<void> {
  const publisher = await publishRtmp({ port: rtmp.port, name });
  const begunMs = performance.now();
  for (const { tag, dueMs, timestamp } of sent) {
    const aheadMs = dueMs - (performance.now() - begunMs);
    if (aheadMs > 1) await pause(aheadMs);
    publisher.sendAudio(tag.body, timestamp);
  }
  await publisher.close();
}

const placeOf = (index: number): number => Math.floor(index / WORDS_EACH) * SENTENCE_MS + (index % WORDS_EACH) * 400;

async function isWhole(t: Test, server: TestServer, name: string, sent: readonly Sent[]): Promise<void> {
  using viewer = collect(server.watchUrl(name, '?after=0'));
  await play(server, name, sent);
  t.equal(await viewer.closed, 1000);
  t.strictSame(viewer.text().split(' '), words, 'every word once and in order');
  const finals = viewer.messages.filter(({ type }) => type === 'transcript_final');
  const starts = finals.flatMap(({ words: told = [] }) => told.map(({ startMs }) => startMs));
  t.strictSame(
    starts,
    starts.toSorted((one, other) => one - other),
    'the clock never goes back',
  );
  const offs = starts.map((startMs, index) => Math.round(startMs - placeOf(index)));
  t.ok(
    offs.every((off) => Math.abs(off) <= OFF_MAX_MS),
    `words are off by ${offs.join()}`,
  );
  t.match(viewer.messages.at(-1), { type: 'session_end', reason: 'publisher_ended', ledger: { gapMs: 0 } });
  const lines = server.lines.filter((line) => line.includes(`"session":"${name}"`));
  const left = lines.filter((line) => line.includes('ffmpeg has left')).length;
  t.ok(left >= 1 && left <= 2, `${left} runs of ffmpeg`);
  t.notOk(lines.some((line) => line.includes('ffmpeg has died')));
}

void t.test('every word of a publisher that changes is told once, in order and in its place', async (t) => {
  t.jobs = JOBS;
  await using gladia = await startGladia();
  const engine = { GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none' };
  await using server = await startServer(engine);
  const all = Object.entries(cases).map(([title, sent], index) =>
    t.test(title, { buffered: true }, (t) => isWhole(t, server, `talk-${index}`, sent)),
  );
  await Promise.all(all);
});
