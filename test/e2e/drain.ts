import t from 'tap';
import { runCaptiond, startServer } from '../harness.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { isAlive } from '../support/processes.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const speech = writeSpeech(t.testdir());

t.setTimeout(300_000);

void t.test(
  'SIGTERM lets a live session say its last words, closes viewers with 1012 and leaves no child',
  async (t) => {
    await using program = runCaptiond(['serve']);
    const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/127\.0\.0\.1:\d+\/live)\/SLUG/);
    const [, http = ''] = await program.printed(/home\s+http:(\/\/127\.0\.0\.1:\d+)\//);
    using viewer = collect(`ws:${http}/sessions/talk/live?after=0`);
    await using publisher = await ffmpegAudio(speech.path, `${rtmp}/talk`);
    await viewer.find(({ type }) => type === 'transcript_partial');
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
