/** The recorded speech of the fixtures: clips, what is said in them, and one long file of them all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinWav, wavSamples } from '../../runtime/join-wav.ts';

const FOLDER = new URL('../fixtures/speech/', import.meta.url);

export interface Clip {
  name: string;
  path: string;
  text: string;
  /** s16le mono 16 kHz. */
  pcm: Buffer;
  durationMs: number;
}

const texts = JSON.parse(readFileSync(new URL('texts.json', FOLDER), 'utf8')) as Record<string, string>;

export const clips: readonly Clip[] = Object.entries(texts).map(([name, text]) => {
  const url = new URL(name, FOLDER);
  const pcm = wavSamples(readFileSync(url));
  return { name, path: url.pathname, text, pcm, durationMs: pcm.length / 32 };
});

/** All clips with a second of silence behind each, as a WAV file in `folder`. */
export function writeSpeech(folder: string): { path: string; text: string; seconds: number } {
  const path = join(folder, 'speech.wav');
  const wav = joinWav(
    clips.map((clip) => readFileSync(clip.path)),
    1_000,
  );
  writeFileSync(path, wav);
  return { path, text: clips.map((clip) => clip.text).join(' '), seconds: wavSamples(wav).length / 32_000 };
}
