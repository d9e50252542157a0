import t from 'tap';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';
import { wordErrorRate } from '../support/wer.ts';

t.jobs = 2;
t.setTimeout(300_000);

const speech = writeSpeech(t.testdir());
const server = await startServer();
t.teardown(() => server[Symbol.asyncDispose]());

/** The newest process of a session's ffmpeg. */
function ffmpegPid({ server: { registry } }: TestServer, slug: string): number {
  const name = registry
    .live(slug)
    ?.resources.names()
    .findLast((resource) => resource.startsWith('ffmpeg'));
  return Number(name?.split(' ')[1]);
}

for (const signal of ['SIGSEGV', 'SIGSTOP'] as const) {
  // A hang is found after five seconds.
  const limitMs = signal === 'SIGSEGV' ? 2_000 : 8_000;
  void t.test(
    `ffmpeg hit by ${signal} is replaced, words go on within ${limitMs} ms, and none is lost`,
    { timeout: 120_000, buffered: true },
    async (t) => {
      const slug = signal.toLowerCase();
      using viewer = collect(server.watchUrl(slug, '?after=0'));
      await using publisher = await ffmpegAudio(speech.path, server.rtmpUrl(slug));
      await viewer.find(({ type }) => type === 'transcript_final');
      const pid = ffmpegPid(server, slug);
      const hitAtMs = performance.now();
      process.kill(pid, signal);
      const session = server.server.registry.live(slug);
      const source = session?.intake.source;
      const before = source?.headSample ?? 0;
      const isBack = (): boolean => (source?.headSample ?? 0) > before + 16_000;
      await new Promise<void>((resolve) => {
        const unsubscribe = source?.subscribe(() => {
          if (!isBack() || ffmpegPid(server, slug) === pid) return;
          unsubscribe?.();
          resolve();
        });
      });
      const backAtMs = performance.now();
      const next = await viewer.find(({ type, atMs }) => type.startsWith('transcript_') && atMs > backAtMs);
      t.ok(backAtMs - hitAtMs < limitMs, `audio was back after ${Math.round(backAtMs - hitAtMs)} ms`);
      t.comment(`the next words came ${Math.round(next.atMs - hitAtMs)} ms after the signal`);
      t.equal(await viewer.closed, 1000, publisher.printed());
      t.ok(wordErrorRate(speech.text, viewer.text()) <= 0.08, viewer.text());
      t.equal(viewer.messages.filter(({ type }) => type === 'session').length, 1, 'the viewer stayed');
      t.match(viewer.messages.at(-1)?.ledger, { gapMs: 0 });
    },
  );
}
