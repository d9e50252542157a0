/**
 * ffmpeg's flags side by side on one real stream: time to the first PCM, and samples that never came.
 *
 * All variants are fed the same tags of a real encoder in lock-step, in real time. The flags of the original plan are
 * also run over the stream with its video, which is what they were meant for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FLV_HEADER, flvAudioTag } from '../../actors/audio/flv.ts';
import { ffmpegArguments } from '../../actors/ffmpeg.ts';
import { aacTags, encode, ffmpegPath } from '../support/audio-tags.ts';
import { clips } from '../support/speech.ts';
import { figure, median } from './report.ts';
import type { Report } from './report.ts';

const ROUNDS = 5;
/** Rounding of the resampler at the end. */
const RESAMPLER_SAMPLES = 16;
const STREAM_MS = 6_000;
/** Processes are started this long before they are fed, so that ten starts at once do not count. */
const SETTLE_MS = 2_000;
const AUDIO_TAG = 8;
const AAC_RAW = 1;
const FRAME_SAMPLES = (1024 * 16_000) / 48_000;

interface Variant {
  name: string;
  /** What stands before `-i pipe:0`. */
  flags: string[];
  video?: true;
}

const plan = [
  ...['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '64', '-analyzeduration', '50000'],
  ...['-use_wallclock_as_timestamps', '1'],
];
const variants: Variant[] = [
  { name: '`-probesize 32` (ours)', flags: ['-probesize', '32'] },
  { name: 'defaults', flags: [] },
  { name: '`-probesize 64`', flags: ['-probesize', '64'] },
  { name: '`-analyzeduration 50000`', flags: ['-analyzeduration', '50000'] },
  { name: 'ours + `-fflags nobuffer`', flags: ['-probesize', '32', '-fflags', 'nobuffer'] },
  { name: 'ours + `-flags low_delay`', flags: ['-probesize', '32', '-flags', 'low_delay'] },
  { name: 'ours + `-use_wallclock_as_timestamps 1`', flags: ['-probesize', '32', '-use_wallclock_as_timestamps', '1'] },
  { name: 'the original plan: all five', flags: plan },
  { name: 'the original plan, with 720p video', flags: plan, video: true },
  { name: 'defaults, with 720p video', flags: [], video: true },
];

/** A piece of the stream and when it is due. */
interface Piece {
  atMs: number;
  bytes: Buffer;
  /** Sound that it holds, in samples of 16 kHz. */
  samples: number;
}

interface Outcome {
  firstPcmMs: number;
  lostSamples: number;
}

export async function ffmpegFlags(): Promise<Report> {
  const [clip] = clips;
  if (clip === undefined) throw new Error('no clip');
  const audio = audioPieces(clip.path);
  const video = videoPieces(clip.path);
  const outcomes = variants.map((): Outcome[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now() + SETTLE_MS;
    const runs = await Promise.all(variants.map((variant) => play(variant, variant.video ? video : audio, startMs)));
    runs.forEach((outcome, index) => outcomes[index]?.push(outcome));
  }
  const ours = median(outcomes[0]?.map(({ firstPcmMs }) => firstPcmMs) ?? []);
  return {
    method:
      `${STREAM_MS / 1000} s of AAC at 48 kHz in real time, all variants at once, ${ROUNDS} rounds, medians; from the first byte ` +
      'fed to a waiting process until the first PCM, and PCM that never came of what was fed. `npm run bench ffmpeg-flags`.',
    head: ['flags before `-i pipe:0`', 'first PCM ms', 'against ours', 'samples lost'],
    rows: variants.map(({ name }, index) => {
      const runs = outcomes[index] ?? [];
      const firstMs = median(runs.map(({ firstPcmMs }) => firstPcmMs));
      const lost = median(runs.map((run) => run.lostSamples));
      return [name, figure(firstMs), `${figure(firstMs / ours, 1)} ×`, figure(lost)];
    }),
  };
}

function audioPieces(wav: string): Piece[] {
  const tags = aacTags(wav, '-ar', '48000').filter(({ timestampMs }) => timestampMs < STREAM_MS);
  const pieces = tags.map(({ timestampMs, body, config }) => ({
    atMs: timestampMs,
    bytes: flvAudioTag(body, timestampMs),
    samples: config ? 0 : FRAME_SAMPLES,
  }));
  return [{ atMs: 0, bytes: FLV_HEADER, samples: 0 }, ...pieces];
}

/** The stream as a pulling ffmpeg would get it: pictures between the sound. */
function videoPieces(wav: string): Piece[] {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-map', '0:a', '-map', '1:v'];
  const h264 = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-b:v',
    '1500k',
    '-pix_fmt',
    'yuv420p',
  ];
  const aac = ['-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-t', String(STREAM_MS / 1000), '-f', 'flv'];
  const flv = encode(wav, [...picture, ...h264, ...aac]);
  const pieces: Piece[] = [{ atMs: 0, bytes: flv.subarray(0, 13), samples: 0 }];
  for (let at = 13; at + 11 <= flv.length;) {
    const end = at + 11 + flv.readUIntBE(at + 1, 3) + 4;
    const isSound = flv[at] === AUDIO_TAG && flv[at + 12] === AAC_RAW;
    const samples = isSound ? FRAME_SAMPLES : 0;
    pieces.push({ atMs: flv.readUIntBE(at + 4, 3), bytes: flv.subarray(at, end), samples });
    at = end;
  }
  return pieces;
}

async function play({ flags }: Variant, pieces: Piece[], startMs: number): Promise<Outcome> {
  const args = ffmpegArguments('flv').toSpliced(ffmpegArguments('flv').indexOf('-probesize'), 2, ...flags);
  const child = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  let firstPcmMs = Infinity;
  let samples = 0;
  child.stdout.on('data', (pcm: Buffer) => {
    if (samples === 0) firstPcmMs = performance.now() - startMs;
    samples += pcm.length / 2;
  });
  await feed(child.stdin, pieces, startMs);
  child.stdin.end();
  await closed;
  const fed = pieces.reduce((sum, piece) => sum + piece.samples, 0);
  return { firstPcmMs, lostSamples: Math.max(0, fed - samples - RESAMPLER_SAMPLES) };
}

/** Writes every piece when it is due. */
function feed(stdin: NodeJS.WritableStream, pieces: Piece[], startMs: number): Promise<void> {
  return new Promise((resolve) => {
    let next = 0;
    const write = (): void => {
      const elapsedMs = performance.now() - startMs;
      for (let piece = pieces[next]; piece !== undefined && piece.atMs <= elapsedMs; piece = pieces[next]) {
        stdin.write(piece.bytes);
        next += 1;
      }
      if (next < pieces.length) return;
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(write, 2);
    write();
  });
}
