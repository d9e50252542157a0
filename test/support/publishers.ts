/** Real publishers as a test's child programs: stock ffmpeg, the GStreamer pipeline of LiveKit Egress, librtmp. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findFfmpeg } from '../../runtime/find-ffmpeg.ts';

export interface RealPublisher extends AsyncDisposable {
  child: ChildProcess;
  /** Everything printed so far, for messages of failing tests. */
  printed(): string;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const quietFfmpeg = ['-nostdin', '-hide_banner', '-loglevel', 'warning'];
const aac = ['-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-f', 'flv'];

/** `ffmpeg -re -i WAV … URL`, the audio alone. */
export function ffmpegAudio(wav: string, url: string): Promise<RealPublisher> {
  return publishWithFfmpeg([...quietFfmpeg, '-re', '-i', wav, ...aac, url]);
}

/** The same with 720p video beside it. */
export function ffmpegWithVideo(wav: string, url: string): Promise<RealPublisher> {
  const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=15'];
  const encode = [
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
    '-g',
    '30',
  ];
  return publishWithFfmpeg([...quietFfmpeg, ...picture, '-re', '-i', wav, ...encode, '-shortest', ...aac, url]);
}

/** Audio and video through flvmux and rtmp2sink, as LiveKit Egress builds its pipeline (44.1 kHz, leaky queue). */
export function liveKitEgress(wav: string, url: string, seconds: number): RealPublisher {
  const mux = 'flvmux name=mux streamable=true skip-backwards-streams=true latency=1000000000';
  const queue = 'queue max-size-time=3000000000 max-size-bytes=0 max-size-buffers=0 leaky=downstream';
  const sink = `rtmp2sink location=${url} async-connect=false async=false sync=false`;
  const video =
    `videotestsrc is-live=true pattern=ball num-buffers=${Math.ceil(seconds * 15)} ! ` +
    'video/x-raw,format=I420,width=640,height=360,framerate=15/1 ! queue ! ' +
    'x264enc speed-preset=ultrafast key-int-max=60 bitrate=600 ! video/x-h264,profile=main ! mux.video';
  const audio =
    `filesrc location=${wav} ! wavparse ! audioconvert ! audioresample ! ` +
    'audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=2 ! identity sync=true ! queue ! ' +
    'voaacenc bitrate=128000 ! mux.audio';
  return publishWithGst(`-e ${mux} ! tee allow-not-linked=true ! ${queue} ! ${sink} ${video} ${audio}`);
}

/** librtmp, the old Adobe-style client, through GStreamer's rtmpsink. */
export function librtmp(wav: string, url: string): RealPublisher {
  const audio =
    `filesrc location=${wav} ! wavparse ! audioconvert ! audioresample ! ` +
    'audio/x-raw,format=S16LE,rate=44100,channels=2 ! identity sync=true ! queue ! voaacenc bitrate=128000 ! mux.audio';
  return publishWithGst(`-e flvmux name=mux streamable=true ! rtmpsink location=${url}\\ live=1 ${audio}`);
}

/** Why GStreamer publishers cannot run here; false when they can. Fits tap's `skip`. */
export function gstreamerMissing(): string | false {
  const isThere = (element: string) => spawnSync('gst-inspect-1.0', [element], { stdio: 'ignore' }).status === 0;
  const missing = ['rtmp2sink', 'rtmpsink', 'voaacenc', 'x264enc', 'flvmux'].filter((element) => !isThere(element));
  return missing.length === 0 ? false : `GStreamer elements are not installed: ${missing.join(', ')}`;
}

async function publishWithFfmpeg(args: string[]): Promise<RealPublisher> {
  const ffmpeg = await findFfmpeg(undefined);
  if ('missing' in ffmpeg) throw new Error(ffmpeg.missing);
  return watch(spawn(ffmpeg.path, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** `pipeline` is split at blanks; a blank inside an argument is written with a backslash before it. */
function publishWithGst(pipeline: string): RealPublisher {
  const args = pipeline.split(/(?<!\\) +/).map((word) => word.replaceAll('\\ ', ' '));
  return watch(spawn('gst-launch-1.0', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

function watch(child: ChildProcess): RealPublisher {
  let text = '';
  child.stdout?.on('data', (data) => (text += String(data)));
  child.stderr?.on('data', (data) => (text += String(data)));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return {
    child,
    printed: () => text,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
