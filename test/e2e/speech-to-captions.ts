import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { wavSamples } from '../../runtime/join-wav.ts';
import { startServer } from '../harness.ts';
import { engineOverFile } from '../support/engine-over-file.ts';
import { ffmpegAudio, ffmpegWithVideo, gstreamerMissing, librtmp, liveKitEgress } from '../support/publishers.ts';
import type { RealPublisher } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';
import type { Collector } from '../support/transcript-collector.ts';
import { wordErrorRate } from '../support/wer.ts';

// All publishers at once: a session each, as on a server at work.
t.jobs = 4;
t.setTimeout(300_000);

const speech = writeSpeech(t.testdir());
const overFile = wordErrorRate(speech.text, await engineOverFile(wavSamples(readFileSync(speech.path))));
const withoutGstreamer = gstreamerMissing();
const server = await startServer();
t.teardown(() => server[Symbol.asyncDispose]());

interface Published {
  name: string;
  slug: string;
  skip: string | false;
  start: (url: string) => RealPublisher | Promise<RealPublisher>;
}

const publishers: Published[] = [
  { name: 'ffmpeg, audio alone', slug: 'audio', skip: false, start: (url) => ffmpegAudio(speech.path, url) },
  { name: 'ffmpeg with 720p video', slug: 'video', skip: false, start: (url) => ffmpegWithVideo(speech.path, url) },
  {
    name: 'the pipeline of LiveKit Egress',
    slug: 'egress',
    skip: withoutGstreamer,
    start: (url) => liveKitEgress(speech.path, url, speech.seconds),
  },
  { name: 'librtmp', slug: 'librtmp', skip: withoutGstreamer, start: (url) => librtmp(speech.path, url) },
];

for (const { name, slug, skip, start } of publishers) {
  void t.test(
    `${name}: what is said appears, ends in order and is accounted for`,
    { skip, timeout: 120_000, buffered: true },
    async (t) => {
      using viewer = collect(server.watchUrl(slug, '?after=0'));
      await using publisher = await start(server.rtmpUrl(slug));
      const first = await viewer.find((message) => message.type === 'transcript_partial');
      t.equal(publisher.child.exitCode, null, 'words appear while it is being spoken');
      t.ok((first.text ?? '').length > 0);
      t.equal(await viewer.closed, 1000, publisher.printed());
      const heard = wordErrorRate(speech.text, viewer.text());
      t.ok(heard <= 0.08, viewer.text());
      t.ok(heard - overFile <= 0.03, `word error rate ${heard}, ${overFile} by the engine over the file`);
      checkOrder(t, viewer);
      checkLedger(t, viewer, speech.seconds * 1000);
    },
  );
}

function checkOrder(t: Test, viewer: Collector): void {
  t.equal(viewer.messages[0]?.type, 'session', 'the session comes first');
  t.equal(viewer.messages.at(-1)?.type, 'session_end', 'the end comes last');
  const offsets = viewer.messages.flatMap(({ offset, type }) =>
    type === 'session' || offset === undefined ? [] : [offset],
  );
  t.strictSame(
    offsets,
    offsets.map((_, index) => index + 1),
    'offsets have no hole and no double',
  );
  const finals = viewer.messages.filter(({ type }) => type === 'transcript_final');
  t.equal(new Set(finals.map(({ utteranceId }) => utteranceId)).size, finals.length, 'each utterance is final once');
}

function checkLedger(t: Test, viewer: Collector, expectedMs: number): void {
  const end = viewer.messages.at(-1);
  t.equal(end?.reason, 'publisher_ended');
  const { receivedMs = 0, transcribedMs = 0, gapMs = -1 } = end?.ledger ?? {};
  t.equal(receivedMs, transcribedMs + gapMs, 'received is transcribed plus gap');
  t.equal(gapMs, 0);
  t.ok(Math.abs(receivedMs - expectedMs) < 500, `${receivedMs} ms received of ${expectedMs} ms`);
}
