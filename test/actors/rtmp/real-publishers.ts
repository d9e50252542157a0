/** The publishers that people really use, live: stock ffmpeg, the GStreamer pipeline of LiveKit Egress, librtmp. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import type { AudioTag } from '../../../actors/ports.ts';
import { findFfmpeg } from '../../../runtime/find-ffmpeg.ts';
import { ffmpegAudio, ffmpegWithVideo, gstreamerMissing, librtmp, liveKitEgress } from '../../support/publishers.ts';
import type { RealPublisher } from '../../support/publishers.ts';
import { listen, until } from './harness.ts';
import type { Publish } from './harness.ts';

const speech = fileURLToPath(new URL('../../fixtures/speech/jfk.wav', import.meta.url));
/**
 * Beyond the bytes that are acknowledged segment by segment: a publisher that leaves with an acknowledgement unread
 * resets the connection, and its goodbye may be lost with it.
 */
const WANTED_TAGS = 150;
const found = await findFfmpeg(undefined);
const ffmpeg = 'missing' in found ? '' : found.path;

const url = (port: number): string => `rtmp://127.0.0.1:${port}/live/talk`;

/** AAC behind its configuration, on a clock that grows with the audio. */
function isSpeech(t: Test, tags: AudioTag[]): void {
  t.match(tags[0], { codec: 'aac', config: true });
  t.ok(tags.slice(1).every(({ codec, config }) => codec === 'aac' && !config));
  const steps = tags.slice(2).map(({ timestampMs }, index) => timestampMs - (tags[index + 1]?.timestampMs ?? 0));
  t.ok(
    steps.every((step) => step >= 20 && step <= 27),
    `frames are ${Math.min(...steps)} to ${Math.max(...steps)} ms apart`,
  );
}

/** Lets a publisher speak for a while, interrupts it, and gives what came of it. */
async function heard(t: Test, start: (url: string) => RealPublisher | Promise<RealPublisher>) {
  const { port, witness } = await listen(t);
  const publisher = await start(url(port));
  t.teardown(() => publisher[Symbol.asyncDispose]());
  let exited = false;
  void publisher.exited.then(() => (exited = true));
  const told = (): number => witness.publishes[0]?.tags.length ?? 0;
  await until(() => told() > WANTED_TAGS || exited, 'a few seconds of speech');
  publisher.child.kill('SIGINT');
  if (told() === 0) t.fail(publisher.printed());
  const publish: Publish = await witness.ended();
  t.match(publish.request, { app: 'live', name: 'talk', token: undefined });
  isSpeech(t, publish.tags);
  return { publish, witness };
}

void t.test('ffmpeg with audio alone is heard, and says goodbye', async (t) => {
  const { publish, witness } = await heard(t, (to) => ffmpegAudio(speech, to));
  t.match(publish.ends, [{ orderly: true }]);
  t.equal(witness.count('video_messages'), 0);
});

void t.test('ffmpeg with 720p video is heard, its video is counted and not kept', async (t) => {
  const { publish, witness } = await heard(t, (to) => ffmpegWithVideo(speech, to));
  t.match(publish.ends, [{ orderly: true }]);
  t.ok(witness.count('video_bytes') > 10_000, `${witness.count('video_bytes')} bytes of video`);
});

const noGStreamer = gstreamerMissing();

void t.test('the GStreamer pipeline of LiveKit Egress is heard', { skip: noGStreamer }, async (t) => {
  const { publish, witness } = await heard(t, (to) => liveKitEgress(speech, to, 20));
  t.match(publish.ends, [{ orderly: true }]);
  t.ok(witness.count('video_messages') > 5);
});

void t.test('librtmp is heard', { skip: noGStreamer }, async (t) => {
  const { publish } = await heard(t, (to) => librtmp(speech, to));
  t.equal(publish.ends.length, 1);
});

void t.test('ffmpeg that is refused prints the reason and gives up', async (t) => {
  const description = 'Somebody else has this name.';
  const authorise = () => ({ accepted: false, code: 'NetStream.Publish.BadName', description }) as const;
  const { port } = await listen(t, { authorise });
  const publisher = await ffmpegAudio(speech, url(port));
  t.teardown(() => publisher[Symbol.asyncDispose]());
  const { code } = await publisher.exited;
  t.not(code, 0);
  t.match(publisher.printed(), description);
});

/** Why this ffmpeg publishes no Opus; false when it does. */
function noOpus(): string | false {
  const sound = ['-f', 'lavfi', '-i', 'sine', '-t', '0.1', '-c:a', 'libopus', '-f', 'flv', '-y', '/dev/null'];
  const { status } = spawnSync(ffmpeg, ['-nostdin', '-loglevel', 'quiet', ...sound]);
  return status === 0 ? false : 'this ffmpeg cannot write Opus into FLV';
}

void t.test('ffmpeg with Opus in enhanced RTMP is heard', { skip: noOpus() }, async (t) => {
  const { port, witness } = await listen(t);
  const sound = ['-re', '-i', speech, '-t', '1', '-c:a', 'libopus', '-ar', '48000', '-f', 'flv', url(port)];
  const child = spawn(ffmpeg, ['-nostdin', '-loglevel', 'warning', ...sound], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.strictSame(await once(child, 'close'), [0, null]);
  const { tags } = await witness.ended();
  t.match(tags[0], { codec: 'opus', config: true });
  t.ok(tags.length > 40);
});
