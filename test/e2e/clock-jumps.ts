/** The wall clock jumps an hour ahead and two hours back while somebody speaks: no viewer and no caption notices. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { WebSocket } from 'ws';
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

/** A server whose wall clock jumps when it is told to. */
async function startJumping() {
  const quick = { HEARTBEAT_INTERVAL_MS: '500', HEARTBEAT_MAX_MISSED: '2', AI_MODE: 'client' };
  const program = runCaptiond(['serve'], { NODE_OPTIONS: `--import=${jumps}`, LOG_LEVEL: 'info', ...quick });
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/127\.0\.0\.1:\d+\/live)\/SLUG/);
  const [, http = ''] = await program.printed(/home\s+http:(\/\/127\.0\.0\.1:\d+)\//);
  const [, metrics = ''] = await program.printed(/metrics\s+(http:\S+)/);
  return {
    program,
    rtmp,
    http: `http:${http}`,
    watch: (slug: string) => `ws:${http}/sessions/${slug}/live?after=0`,
    metrics: () => scrape(metrics),
    jump: async (times: number): Promise<void> => {
      process.kill(program.child.pid ?? 0, 'SIGUSR2');
      await eventually('the jump', () => program.output.stderr.split('has jumped').length > times);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** A viewer that has the AI lease and keeps it up; it counts the pings that it gets. */
function leaseHolder(url: string) {
  const socket = new WebSocket(url, 'captiond.v2');
  const holder = { pings: 0, leases: new Set<string>() };
  let fence: number | undefined;
  socket.on('error', () => {}).on('open', () => socket.send('{"type":"ai_acquire"}'));
  socket.on('ping', () => {
    holder.pings += 1;
    if (fence !== undefined) socket.send(JSON.stringify({ type: 'ai_renew', fence }));
  });
  socket.on('message', (data: Buffer) => {
    const told = JSON.parse(data.toString()) as { type: string; state?: string; fence?: number };
    if (told.type !== 'ai_lease') return;
    fence = told.fence;
    holder.leases.add(`${told.state} ${told.fence}`);
  });
  return Object.assign(holder, { [Symbol.dispose]: () => socket.terminate() });
}

void t.test('the clock jumps: nobody is closed, nothing is replaced, captions stay in their places', async (t) => {
  await using server = await startJumping();
  using viewer = collect(server.watch('talk'));
  await using publisher = await ffmpegAudio(speech.path, `${server.rtmp}/talk`);
  await viewer.find(({ type }) => type === 'transcript_partial');
  using holder = leaseHolder(server.watch('talk'));
  await eventually('it has the lease', () => holder.leases.size === 1);
  await server.jump(1);
  const { offset = 0 } = await viewer.find(({ type }) => type === 'transcript_final');
  await viewer.find((message) => (message.offset ?? 0) > offset);
  await server.jump(2);
  const { pings } = holder;
  await eventually('viewers are pinged on', () => holder.pings >= pings + 3);
  t.equal(holder.leases.size, 1, `the lease is not lost: ${[...holder.leases].join()}`);
  t.equal(await viewer.closed, 1000, publisher.printed());
  const finals = viewer.messages.filter(({ type }) => type === 'transcript_final');
  const { receivedMs = 0, gapMs } = viewer.messages.at(-1)?.ledger ?? {};
  t.equal(gapMs, 0);
  t.ok(wordErrorRate(speech.text, viewer.text()) <= 0.08, viewer.text());
  t.ok(inPlace(finals, receivedMs), JSON.stringify(finals));
  const text = await server.metrics();
  t.equal(valueOf(text, 'ws_heartbeat_timeouts_total'), 0, 'no heartbeat storm');
  t.equal(valueOf(text, 'ws_slow_closes_total'), 0);
  t.notMatch(text, /^(ffmpeg_restarts_total|transcriber_reconnects_total)\{/m);
  t.notMatch(server.program.output.stderr, /held up.*"ms":[\d.]{7}/, 'no hour of which the server knows nothing');
  const epoch = viewer.messages.find(({ type }) => type === 'session')?.epoch ?? NaN;
  await using again = await ffmpegAudio(speech.path, `${server.rtmp}/talk`);
  t.ok((await liveEpoch(`${server.http}/sessions/talk`)) > epoch, 'a run after the jump back is a later run');
  t.equal(again.child.exitCode, null);
});

void t.test('the clock jumps while the publisher is away: what is missed is as long as it was', async (t) => {
  await using server = await startJumping();
  using viewer = collect(server.watch('talk'));
  const begunMs = performance.now();
  const first = await ffmpegAudio(speech.path, `${server.rtmp}/talk`);
  await viewer.find(({ type }) => type === 'transcript_partial');
  await first[Symbol.asyncDispose]();
  await viewer.find(({ state }) => state === 'publisher_lost');
  await server.jump(1);
  await using second = await ffmpegAudio(speech.path, `${server.rtmp}/talk`);
  const returnedAtMs = performance.now();
  const { startMs = NaN } = await viewer.find(
    ({ type, atMs }) => type === 'transcript_partial' && atMs > returnedAtMs + 1_000,
  );
  const tookMs = performance.now() - begunMs;
  t.ok(startMs < tookMs, `${startMs} ms into the session, ${Math.round(tookMs)} ms after its start`);
  t.equal(second.child.exitCode, null, second.printed());
});
