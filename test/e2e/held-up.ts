/** The whole server is stopped for longer than it has patience with anybody; afterwards nobody has been blamed. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runCaptiond } from '../harness.ts';
import { scrape, valueOf } from '../support/metrics.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

/** Longer than ffmpeg and the engine may be silent (5 s, 10 s), and than all pings of a viewer together. */
const STOPPED_MS = 13_000;
const speech = writeSpeech(t.testdir());

t.setTimeout(120_000);

void t.test(
  `stopped for ${STOPPED_MS / 1000} s: no viewer is closed, nothing is replaced, and it is said`,
  async (t) => {
    const patience = { HEARTBEAT_INTERVAL_MS: '1000', HEARTBEAT_MAX_MISSED: '2', PUBLISHER_GRACE_MS: '5000' };
    await using program = runCaptiond(['serve'], patience);
    const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/127\.0\.0\.1:\d+\/live)\/SLUG/);
    const [, http = ''] = await program.printed(/home\s+http:(\/\/127\.0\.0\.1:\d+)\//);
    const [, metrics = ''] = await program.printed(/metrics\s+(http:\S+)/);
    using viewer = collect(`ws:${http}/sessions/talk/live?after=0`);
    await using publisher = await ffmpegAudio(speech.path, `${rtmp}/talk`);
    await viewer.find(({ type }) => type === 'transcript_partial');
    // A publisher that is lost right before has its grace afterwards.
    const lost = await ffmpegAudio(speech.path, `${rtmp}/lost`);
    using waiting = collect(`ws:${http}/sessions/lost/live?after=0`);
    await waiting.find(({ type }) => type === 'transcript_partial');
    await lost[Symbol.asyncDispose]();
    await waiting.find(({ state }) => state === 'publisher_lost');
    process.kill(program.child.pid ?? 0, 'SIGSTOP');
    await pause(STOPPED_MS);
    const resumedAtMs = performance.now();
    process.kill(program.child.pid ?? 0, 'SIGCONT');
    await viewer.find(({ type, atMs }) => type === 'transcript_final' && atMs > resumedAtMs);
    await using returned = await ffmpegAudio(speech.path, `${rtmp}/lost`);
    await waiting.find(({ type, atMs }) => type === 'transcript_partial' && atMs > resumedAtMs);
    t.equal(returned.child.exitCode, null, returned.printed());
    const text = await scrape(metrics);
    t.equal(valueOf(text, 'ws_heartbeat_timeouts_total'), 0);
    t.equal(valueOf(text, 'ws_slow_closes_total'), 0);
    t.notMatch(text, /^ffmpeg_restarts_total\{/m, 'ffmpeg is not replaced');
    t.notMatch(text, /^transcriber_reconnects_total\{/m, 'nor the engine');
    t.equal(valueOf(text, 'publisher_reconnects_total'), 1);
    t.ok((valueOf(text, 'event_loop_lag_ms') ?? 0) > STOPPED_MS - 1_500, 'the gauge shows it');
    const lines = program.output.stderr.split('\n').filter((line) => line.includes('held up'));
    t.equal(lines.length, 1, lines.join('\n'));
    t.match(JSON.parse(lines[0] ?? '{}'), { level: 'warn', ms: Number });
    await eventually('the speech is over', () => publisher.child.exitCode !== null, 60_000);
    t.equal(await viewer.closed, 1000);
    const { gapMs = NaN } = viewer.messages.at(-1)?.ledger ?? {};
    t.equal(gapMs, 0, 'all that was said is transcribed');
    t.equal(viewer.messages.filter(({ type }) => type === 'session').length, 1, 'the viewer was never cut');
  },
);
