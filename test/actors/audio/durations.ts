import t from 'tap';
import { tagSeconds } from '../../../actors/audio/durations.ts';
import type { AudioCodec } from '../../../actors/ports.ts';

/** Codec, body, configuration, milliseconds. Bodies are headers alone: nothing else is looked at. */
const rows: [string, AudioCodec, number[], number[] | undefined, number][] = [
  ['AAC-LC 48 kHz', 'aac', [0xaf, 1, 0x21], [0xaf, 0, 0x11, 0x90], 1024 / 48],
  ['AAC-LC 44.1 kHz', 'aac', [0xaf, 1, 0x21], [0xaf, 0, 0x12, 0x10], 1024 / 44.1],
  ['HE-AAC 48 kHz (core 24 kHz)', 'aac', [0xaf, 1, 0x21], [0xaf, 0, 0x2b, 0x11, 0x88], 1024 / 24],
  ['AAC with frames of 960', 'aac', [0xaf, 1, 0x21], [0xaf, 0, 0x11, 0x94], 20],
  ['AAC without configuration', 'aac', [0xaf, 1, 0x21], undefined, 1024 / 48],
  ['Opus CELT 20 ms', 'opus', [0xfc], undefined, 20],
  ['Opus SILK 60 ms, two frames', 'opus', [0x19], undefined, 120],
  ['Opus 10 ms, code 3 with five frames', 'opus', [0xf3, 5], undefined, 50],
  ['MP3 44.1 kHz 128 kbit/s', 'mp3', [0x2f, 0xff, 0xfb, 0x90, 0x64], undefined, 1152 / 44.1],
  ['MP3 of MPEG-2, 22.05 kHz', 'mp3', [0x2f, 0xff, 0xf3, 0x80, 0x64], undefined, 576 / 22.05],
  ['PCM 44.1 kHz 16 bit stereo', 'pcm', [0x3f, ...Array<number>(1764).fill(0)], undefined, 10],
  ['G.711', 'g711-ulaw', [0x82, ...Array<number>(160).fill(0)], undefined, 20],
  ['Speex', 'speex', [0xb6, 0], undefined, 20],
];

void t.test('the duration of a tag is read from its own headers', (t) => {
  for (const [name, codec, body, config, expectedMs] of rows) {
    const tag = { codec, body: Buffer.from(body), timestampMs: 0, config: false };
    const ms = tagSeconds(tag, config && Buffer.from(config)) * 1000;
    t.ok(Math.abs(ms - expectedMs) < 1e-6, `${name}: ${ms} of ${expectedMs}`);
  }
  t.equal(tagSeconds({ codec: 'aac', body: Buffer.alloc(4), timestampMs: 0, config: true }, undefined), 0);
  t.end();
});
