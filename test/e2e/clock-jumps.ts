/** The wall clock jumps an hour ahead and two hours back while somebody speaks: no viewer and no caption notices. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runCaptiond } from '../harness.ts';
import { scrape, valueOf } from '../support/metrics.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import type { CollectedMessage } from '../support/transcript-collector.ts';
import { collect } from '../support/transcript-collector.ts';
import { wordErrorRate } from '../support/wer.ts';

const speech = writeSpeech(t.testdir());
const jumps = new URL('../fixtures/clock/jumps.mjs', import.meta.url).href;

t.setTimeout(180_000);

/** Epoch of the session at this address, once it is live. */
async function liveEpoch(address: string): Promise<number> {
  for (;;) {
    const session = (await (await fetch(address)).json()) as { epoch: number; state: string };
    if (session.state === 'live') return session.epoch;
    await pause(50);
  }
}

/** Captions follow each other and lie within the audio. */
function inPlace(finals: readonly CollectedMessage[], receivedMs: number): boolean {
  return finals.every(({ startMs = NaN, endMs = NaN }, index) => {
    return startMs >= (finals[index - 1]?.startMs ?? 0) && endMs <= receivedMs;
  });
}

void t.test('the clock jumps: nobody is closed, nothing is replaced, captions stay in their places', async (t) => {
  const options = { NODE_OPTIONS: `--import=${jumps}`, HEARTBEAT_INTERVAL_MS: '500', HEARTBEAT_MAX_MISSED: '2' };
  await using program = runCaptiond(['serve'], options);
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/127\.0\.0\.1:\d+\/live)\/SLUG/);
  const [, http = ''] = await program.printed(/home\s+http:(\/\/127\.0\.0\.1:\d+)\//);
  const [, metrics = ''] = await program.printed(/metrics\s+(http:\S+)/);
  const jump = async (times: number): Promise<void> => {
    process.kill(program.child.pid ?? 0, 'SIGUSR2');
    await eventually('the jump', () => program.output.stderr.split('has jumped').length > times);
  };
  using viewer = collect(`ws:${http}/sessions/talk/live?after=0`);
  await using publisher = await ffmpegAudio(speech.path, `${rtmp}/talk`);
  await viewer.find(({ type }) => type === 'transcript_partial');
  await jump(1);
  const { offset = 0 } = await viewer.find(({ type }) => type === 'transcript_final');
  await viewer.find((message) => (message.offset ?? 0) > offset);
  await jump(2);
  t.equal(await viewer.closed, 1000, publisher.printed());
  const finals = viewer.messages.filter(({ type }) => type === 'transcript_final');
  const { receivedMs = 0, gapMs } = viewer.messages.at(-1)?.ledger ?? {};
  t.equal(gapMs, 0);
  t.ok(wordErrorRate(speech.text, viewer.text()) <= 0.08, viewer.text());
  t.ok(inPlace(finals, receivedMs), JSON.stringify(finals));
  const text = await scrape(metrics);
  t.equal(valueOf(text, 'ws_heartbeat_timeouts_total'), 0, 'no heartbeat storm');
  t.equal(valueOf(text, 'ws_slow_closes_total'), 0);
  t.notMatch(text, /^(ffmpeg_restarts_total|transcriber_reconnects_total)\{/m);
  const epoch = viewer.messages.find(({ type }) => type === 'session')?.epoch ?? NaN;
  await using again = await ffmpegAudio(speech.path, `${rtmp}/talk`);
  t.ok((await liveEpoch(`http:${http}/sessions/talk`)) > epoch, 'a run after the jump back is a later run');
  t.equal(again.child.exitCode, null);
});
