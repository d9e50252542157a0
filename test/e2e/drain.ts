import t from 'tap';
import { runCaptiond, startServer } from '../harness.ts';
import type { Program } from '../harness.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { childrenOf, eventually, isAlive, isRunning } from '../support/processes.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const speech = writeSpeech(t.testdir());

t.setTimeout(300_000);
const skip = process.platform === 'linux' ? false : 'only Linux shows the children of a process';

/** A session of `program` with a publisher and a viewer, in the middle of a sentence. */
async function speaking(program: Program) {
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/127\.0\.0\.1:\d+\/live)\/SLUG/);
  const [, http = ''] = await program.printed(/home\s+http:(\/\/127\.0\.0\.1:\d+)\//);
  const viewer = collect(`ws:${http}/sessions/talk/live?after=0`);
  const publisher = await ffmpegAudio(speech.path, `${rtmp}/talk`);
  await viewer.find(({ type }) => type === 'transcript_partial');
  return {
    viewer,
    publisher,
    async [Symbol.asyncDispose]() {
      viewer[Symbol.dispose]();
      await publisher[Symbol.asyncDispose]();
    },
  };
}

/** Makes the engine hang, so that no session of it can finish its last words. */
function hangEngine(program: Program): void {
  const engine = childrenOf(program.child.pid ?? 0).find(({ command }) => /local-engine-child/.test(command));
  if (engine === undefined) throw new Error('there is no engine');
  process.kill(engine.pid, 'SIGSTOP');
}

void t.test(
  'SIGTERM lets a live session say its last words, closes viewers with 1012 and leaves no child',
  async (t) => {
    await using program = runCaptiond(['serve']);
    await using session = await speaking(program);
    const { viewer, publisher } = session;
    program.child.kill('SIGTERM');
    t.equal(await viewer.closed, 1012, publisher.printed());
    const end = viewer.messages.at(-1);
    t.match(end, { type: 'session_end', reason: 'server_draining' });
    t.ok(
      viewer.messages.some(({ type }) => type === 'transcript_final'),
      'what was half said is finished',
    );
    const { receivedMs = 0, transcribedMs = 0, gapMs = -1 } = end?.ledger ?? {};
    t.equal(receivedMs, transcribedMs + gapMs);
    t.strictSame(await program.exited, { code: 0, signal: null });
    t.notOk(isAlive(-(program.child.pid ?? 0)));
  },
);

void t.test(
  'with an engine that hangs, viewers get their end all the same, and it is over within DRAIN_MS',
  { skip },
  async (t) => {
    const drainMs = 12_000;
    await using program = runCaptiond(['serve'], { DRAIN_MS: String(drainMs) });
    await using session = await speaking(program);
    hangEngine(program);
    const children = childrenOf(program.child.pid ?? 0);
    const begunMs = performance.now();
    program.child.kill('SIGTERM');
    t.equal(await session.viewer.closed, 1012);
    t.match(session.viewer.messages.at(-1), { type: 'session_end', reason: 'server_draining' });
    t.strictSame(await program.exited, { code: 0, signal: null });
    const tookMs = performance.now() - begunMs;
    t.ok(tookMs < drainMs, `${Math.round(tookMs)} ms`);
    t.strictSame(
      children.filter(({ pid }) => isRunning(pid)),
      [],
      'no child is left',
    );
  },
);

void t.test(
  'a second signal ends a draining server at once with exit code 1, and no child is left',
  { skip },
  async (t) => {
    await using program = runCaptiond(['serve'], { LOG_LEVEL: 'info' });
    await using _session = await speaking(program);
    hangEngine(program);
    const children = childrenOf(program.child.pid ?? 0);
    t.equal(children.length, 2, 'ffmpeg and the engine');
    program.child.kill('SIGTERM');
    await program.printed(/stopping in order/);
    const begunMs = performance.now();
    program.child.kill('SIGTERM');
    t.strictSame(await program.exited, { code: 1, signal: null });
    t.ok(performance.now() - begunMs < 2_000, 'it waits for nobody');
    await eventually('no child is left', () => !children.some(({ pid }) => isRunning(pid)));
  },
);

void t.test(
  'a session that is prepared in the moment in which the drain begins is ended with the others',
  async (t) => {
    const server = await startServer();
    const { registry } = server.server;
    const answer = fetch(server.httpUrl('/sessions'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"slug":"late"}',
    });
    while (!registry.isStarting('late')) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.server.close();
    t.equal((await answer).status, 503);
    t.match(await closed, { outcome: 'stopped' });
    t.equal(registry.size, 0);
    t.equal(registry.leftovers, 0);
    await server[Symbol.asyncDispose]();
  },
);

void t.test('without a session it waits for nobody', async (t) => {
  const server = await startServer({ DRAIN_MS: '20000' });
  const begunMs = performance.now();
  t.match(await server.server.close(), { outcome: 'stopped' });
  t.ok(performance.now() - begunMs < 10_000, 'it does not wait for the end of DRAIN_MS');
  await server[Symbol.asyncDispose]();
});

void t.test('while it drains it is not ready, and a new publisher is told why', async (t) => {
  const server = await startServer();
  t.equal((await fetch(server.httpUrl('/readyz'))).status, 200);
  t.equal((await fetch(server.httpUrl('/healthz'))).status, 200);
  await using publisher = await ffmpegAudio(speech.path, server.rtmpUrl('talk'));
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  await viewer.find(({ type }) => type === 'transcript_partial');
  const closed = server.server.close();
  const answer = await fetch(server.httpUrl('/readyz'));
  t.equal(answer.status, 503);
  t.match(await answer.json(), { error: { code: 'server_draining' } });
  await using late = await ffmpegAudio(speech.path, server.rtmpUrl('late'));
  t.not((await late.exited).code, 0);
  t.equal(server.server.registry.live('late'), undefined);
  t.match(await closed, { outcome: 'stopped' });
  await publisher.exited;
  await server[Symbol.asyncDispose]();
});
