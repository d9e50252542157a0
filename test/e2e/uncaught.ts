/** What nobody catches ends the session that it belongs to, and no other; what belongs to none ends the server in order. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerAddresses } from '../../runtime/addresses.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const speech = writeSpeech(t.testdir());
const program = new URL('../support/breaking-server.ts', import.meta.url).pathname;
const parts = [
  ...['the audio intake, called by the RTMP listener', 'the start of ffmpeg', 'the reader of ffmpeg’s output'],
  ...['the timer that looks for a stall', 'the transcript, called by the engine', 'the log’s answer'],
  ...['the fan-out', 'the heartbeat', 'a viewer’s message'],
];

t.setTimeout(300_000);

async function startBreakable() {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-breakable-'));
  const env = { ...process.env, DATA_DIR: folder, RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' };
  const settings = { FINALIZE_MS: '2000', HEARTBEAT_INTERVAL_MS: '2000' };
  const child = fork(program, [], { env: { ...env, ...settings }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const printed = { text: '' };
  child.stderr?.on('data', (data) => (printed.text += String(data)));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [{ rtmp, http }] = (await once(child, 'message')) as [ServerAddresses];
  return {
    child,
    printed,
    exited,
    rtmp: (slug: string) => `rtmp://127.0.0.1:${rtmp.port}/live/${slug}`,
    watch: (slug: string) => `ws://127.0.0.1:${http.port}/sessions/${slug}/live?after=0`,
    http: (path: string) => `http://127.0.0.1:${http.port}${path}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Breakable = Awaited<ReturnType<typeof startBreakable>>;

/** Says something, until it is closed: whoever is broken by a message is broken by this one. */
function chatter(url: string): Disposable {
  const socket = new WebSocket(url, 'captiond.v2');
  const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('{"type":"nothing"}'), 300);
  socket.on('error', () => {});
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      socket.terminate();
    },
  };
}

async function endOf(server: Breakable, slug: string): Promise<{ state: string } & Record<string, unknown>> {
  for (;;) {
    const session = (await (await fetch(server.http(`/sessions/${slug}`))).json()) as { state: string };
    if (session.state === 'ended') return session;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

void t.test(
  'each part of a session in turn: it ends with a reason, the process lives, the other goes on',
  async (t) => {
    await using server = await startBreakable();
    using good = collect(server.watch('good'));
    await using first = await ffmpegAudio(speech.path, server.rtmp('good'));
    await good.find(({ type }) => type === 'transcript_partial');
    const run = async (part: string, index: number): Promise<void> => {
      const slug = `broken-${index}`;
      using viewer = collect(server.watch(slug));
      await using publisher = await ffmpegAudio(speech.path, server.rtmp(slug));
      await viewer.find(({ type }) => type === 'transcript_partial');
      using _talking = part === 'a viewer’s message' ? chatter(server.watch(slug)) : undefined;
      await new Promise((resolve) => setTimeout(resolve, 300));
      server.child.send({ slug, part });
      await endOf(server, slug);
      using again = collect(server.watch(slug));
      t.match(await again.find(({ type }) => type === 'session_end'), { reason: /^(failed|decoder_failed)$/ }, part);
      t.match(
        server.printed.text,
        new RegExp(`"session":"${slug}".*broken on purpose|broken on purpose.*"${slug}"`),
        part,
      );
      await publisher.exited;
    };
    for (const [index, part] of parts.entries()) await run(part, index);
    t.equal(server.child.exitCode, null, 'the process lives');
    t.equal((await fetch(server.http('/readyz'))).status, 200);
    t.equal(first.child.exitCode === null || first.child.exitCode === 0, true, first.printed());
    t.notMatch(server.printed.text, /"session":"good"[^\n]*broken/);
    t.equal(good.messages.filter(({ type }) => type === 'session').length, 1);
  },
);

void t.test('what belongs to no session: it is written down, sessions end in order, exit code 1', async (t) => {
  await using server = await startBreakable();
  using viewer = collect(server.watch('talk'));
  await using publisher = await ffmpegAudio(speech.path, server.rtmp('talk'));
  await viewer.find(({ type }) => type === 'transcript_partial');
  server.child.send({ part: 'nobody' });
  t.equal(await viewer.closed, 1012, publisher.printed());
  t.match(viewer.messages.at(-1), { type: 'session_end', reason: 'server_draining' });
  t.match(await server.exited, [1, null]);
  t.match(server.printed.text, /belongs to no session.*broken on purpose/);
});
