/** Audio tags of real encoders: a clip encoded by the ffmpeg that the tests run with, read back from FLV or Ogg. */
import { spawnSync } from 'node:child_process';
import type { AudioCodec, AudioTag } from '../../actors/ports.ts';
import { findFfmpeg } from '../../runtime/find-ffmpeg.ts';

const found = await findFfmpeg(undefined);
if ('missing' in found) throw new Error(found.missing);
/** The ffmpeg that tests run with. */
export const ffmpegPath = found.path;

const codecs: Readonly<Record<number, AudioCodec>> = { 2: 'mp3', 3: 'pcm', 7: 'g711-alaw', 8: 'g711-ulaw', 10: 'aac' };
const AUDIO_TAG = 8;

/** Runs ffmpeg over `wav` with these output arguments and returns what it writes. */
export function encode(wav: string, args: string[]): Buffer {
  const { stdout, stderr, status } = spawnSync(
    ffmpegPath,
    ['-nostdin', '-loglevel', 'error', '-i', wav, ...args, 'pipe:1'],
    { maxBuffer: 1 << 30 },
  );
  if (status !== 0) throw new Error(String(stderr));
  return stdout;
}

/** The audio tags of an FLV file in memory. */
export function flvTags(flv: Buffer): AudioTag[] {
  const tags: AudioTag[] = [];
  for (let at = 13; at + 11 <= flv.length;) {
    const size = flv.readUIntBE(at + 1, 3);
    const timestampMs = flv.readUIntBE(at + 4, 3) + flv.readUInt8(at + 7) * 2 ** 24;
    const body = Buffer.from(flv.subarray(at + 11, at + 11 + size));
    const codec = codecs[(body[0] ?? 0) >> 4];
    if (flv[at] === AUDIO_TAG && codec !== undefined) {
      tags.push({ codec, timestampMs, config: codec === 'aac' && body[1] === 0, body });
    }
    at += 11 + size + 4;
  }
  return tags;
}

/** `wav` as a publisher sends it: AAC with its configuration first. */
export function aacTags(wav: string, ...args: string[]): AudioTag[] {
  return flvTags(encode(wav, ['-c:a', 'aac', '-b:a', '96k', ...args, '-f', 'flv']));
}

/** `wav` as Opus packets of 20 ms, the identification header first. */
export function opusTags(wav: string): AudioTag[] {
  const packets = oggPackets(encode(wav, ['-c:a', 'libopus', '-ar', '48000', '-f', 'ogg']));
  return packets.flatMap((body, index): AudioTag[] => {
    if (index === 1) return [];
    const timestampMs = Math.max(0, index - 2) * 20;
    return [{ codec: 'opus', timestampMs, config: index === 0, body }];
  });
}

function oggPackets(ogg: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at + 27 <= ogg.length;) {
    const segments = ogg.subarray(at + 27, at + 27 + ogg.readUInt8(at + 26));
    at += 27 + segments.length;
    for (const length of segments) {
      parts.push(ogg.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
  }
  return packets;
}

/** What ffmpeg itself makes of a file: s16le mono 16 kHz. */
export function decoded(file: string): Buffer {
  return encode(file, ['-ac', '1', '-ar', '16000', '-f', 's16le']);
}
