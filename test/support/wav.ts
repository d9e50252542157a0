/** WAV files for publishers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** A file of `pcm` (s16le mono 16 kHz), gone with the test. */
export async function writeWav(t: Test, pcm: Buffer): Promise<string> {
  const file = await writeWavFile(pcm);
  t.teardown(() => file[Symbol.asyncDispose]());
  return file.path;
}

/** The same, gone when it is disposed of. */
export async function writeWavFile(pcm: Buffer): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-wav-'));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  const path = join(folder, 'talk.wav');
  await writeFile(path, Buffer.concat([header, pcm]));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
