/** Joins 16 kHz mono 16-bit WAV clips into one, with pauses between. */
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '../actors/ports.ts';

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const WAV_HEADER_BYTES = 44;

/** The `data` chunk of a WAV file (RIFF, Microsoft "Multimedia Programming Interface" 1.0). Throws when there is none. */
export function wavSamples(wav: Buffer): Buffer {
  let at = RIFF_HEADER_BYTES;
  while (at + CHUNK_HEADER_BYTES <= wav.length) {
    const sizeBytes = wav.readUInt32LE(at + 4);
    const start = at + CHUNK_HEADER_BYTES;
    if (wav.toString('latin1', at, at + 4) === 'data') return wav.subarray(start, start + sizeBytes);
    at = start + sizeBytes + (sizeBytes % 2);
  }
  throw new Error('Expected a WAV file with a "data" chunk.');
}

/** One WAV file of all clips, each followed by `pauseMs` of silence. */
export function joinWav(clips: readonly Buffer[], pauseMs: number): Buffer {
  const pause = Buffer.alloc(((pauseMs * SAMPLE_RATE_HZ) / 1000) * BYTES_PER_SAMPLE);
  const samples = Buffer.concat(clips.flatMap((clip) => [wavSamples(clip), pause]));
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER_BYTES - CHUNK_HEADER_BYTES + samples.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * BYTES_PER_SAMPLE, 28);
  header.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  header.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
