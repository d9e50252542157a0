/** Marks: what was lost, doubled or put elsewhere of the sound shows in the words, and coding does no harm to them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { findFfmpeg } from '../../runtime/find-ffmpeg.ts';
import { MarkDecoder } from '../gladia-simulator/mark-decoder.ts';
import { PAUSE_MS, sentencePcm, silencePcm, WORD_MS, wordName, WORDS } from '../gladia-simulator/marks.ts';

const BYTES_PER_MS = 32;
const CHUNK_MS = 100;
/** A frame of the decoder. */
const ACCURACY_MS = 20;
/** AAC's encoder begins with silence of its own; its decoder leaves some of it. */
const PRIMING_MAX_MS = 80;

const every = Array.from({ length: WORDS }, (_, number) => number);
const names = (pcm: Buffer): string[] => new MarkDecoder().push(pcm).map(({ name }) => name);
const share = (pcm: Buffer, fromMs: number, toMs?: number): Buffer =>
  pcm.subarray(fromMs * BYTES_PER_MS, toMs === undefined ? undefined : toMs * BYTES_PER_MS);

async function throughAac(t: Test, pcm: Buffer): Promise<Buffer> {
  const ffmpeg = await findFfmpeg(process.env['FFMPEG_PATH']);
  if ('missing' in ffmpeg) throw new Error(ffmpeg.missing);
  const folder = await mkdtemp(join(tmpdir(), 'captiond-marks-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [given, coded, heard] = ['given.pcm', 'coded.flv', 'heard.pcm'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(given, pcm);
  const raw = ['-f', 's16le', '-ar', '16000', '-ac', '1'];
  const run = (...args: string[]) => promisify(execFile)(ffmpeg.path, ['-nostdin', '-loglevel', 'error', ...args]);
  await run(...raw, '-i', given, '-c:a', 'aac', '-b:a', '96k', '-ar', '48000', coded);
  await run('-i', coded, ...raw, heard);
  return readFile(heard);
}

void t.test('all words are told from their sound behind AAC of 96 kbit/s, each in its place', async (t) => {
  const heard = new MarkDecoder().push(await throughAac(t, Buffer.concat([sentencePcm(every), silencePcm(200)])));
  t.strictSame(
    heard.map(({ name }) => name),
    every.map(wordName),
  );
  const [first] = heard;
  const primingMs = (first?.startSample ?? 0) / 16;
  t.ok(primingMs <= PRIMING_MAX_MS, `${primingMs} ms`);
  const off = heard.map(({ startSample }, index) => startSample / 16 - primingMs - index * (WORD_MS + PAUSE_MS));
  t.ok(
    off.every((ms) => Math.abs(ms) <= ACCURACY_MS),
    `${Math.max(...off.map(Math.abs))} ms`,
  );
});

void t.test('however the sound is cut, the same words are heard at the same places', (t) => {
  const pcm = Buffer.concat([sentencePcm([1, 2, 3]), silencePcm(200)]);
  const whole = new MarkDecoder().push(pcm);
  for (const bytes of [1, 2, 7, 640, 3_200]) {
    const decoder = new MarkDecoder();
    const count = Math.ceil(pcm.length / bytes);
    const parts = Array.from({ length: count }, (_, at) => decoder.push(pcm.subarray(at * bytes, (at + 1) * bytes)));
    t.strictSame(parts.flat(), whole, `${bytes} bytes at a time`);
  }
  t.end();
});

void t.test('a chunk that is lost or doubled anywhere shows in the words or in their places', (t) => {
  const pcm = Buffer.concat([sentencePcm([10, 11, 12]), silencePcm(300)]);
  const places = (sound: Buffer): string => JSON.stringify(new MarkDecoder().push(sound));
  for (let atMs = 0; atMs < 1_000; atMs += 20) {
    const lost = Buffer.concat([share(pcm, 0, atMs), share(pcm, atMs + CHUNK_MS)]);
    const doubled = Buffer.concat([share(pcm, 0, atMs + CHUNK_MS), share(pcm, atMs)]);
    for (const changed of [lost, doubled]) if (places(changed) === places(pcm)) t.fail(`at ${atMs} ms`);
  }
  const middle = WORD_MS + PAUSE_MS + 60;
  const lost = Buffer.concat([share(pcm, 0, middle), share(pcm, middle + CHUNK_MS)]);
  t.strictSame(names(lost), ['w010', 'w???', 'w012'], 'a part of a word is missing');
  const doubled = Buffer.concat([share(pcm, 0, middle + CHUNK_MS), share(pcm, middle)]);
  t.strictSame(names(doubled), ['w010', 'w???', 'w012'], 'a part of a word is there twice');
  t.strictSame(names(Buffer.concat([pcm.subarray(0, 14_401), pcm.subarray(14_402)])).includes('w???'), true);
  t.end();
});

void t.test('what is in another order is heard in another order', (t) => {
  const [one, two] = [sentencePcm([1]), sentencePcm([2])];
  t.strictSame(names(Buffer.concat([two, one, silencePcm(100)])), ['w002', 'w001']);
  t.end();
});
