/** A crowd of connections on a process that may open few files: it is refused, and nobody who is in notices. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { PUBLISHERS_ONLY } from '../../runtime/descriptors.ts';
import { scrape, valueOf } from '../support/metrics.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const LIMIT = 256;
const CROWD = 400;
const speech = writeSpeech(t.testdir());
const main = new URL('../../runtime/main.ts', import.meta.url).pathname;

t.setTimeout(180_000);

async function startWithFewFiles() {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-few-files-'));
  const ports = { RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' };
  const child = spawn('sh', ['-c', `ulimit -n ${LIMIT}; exec "$0" "$1" serve`, process.execPath, main], {
    env: { ...process.env, ...ports, DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { out: '', lines: '' };
  child.stdout.on('data', (data) => (printed.out += String(data)));
  child.stderr.on('data', (data) => (printed.lines += String(data)));
  await eventually('the server', () => printed.out.includes('inspect'), 60_000);
  const portOf = (word: string): number =>
    Number(new RegExp(`${word}\\s+\\w+://127.0.0.1:(\\d+)`).exec(printed.out)?.[1]);
  return {
    child,
    printed,
    ports: { rtmp: portOf('publish'), http: portOf('home'), admin: portOf('metrics') },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Connects and stays; counts who is closed. Addresses take turns, for one alone may have few connections to RTMP. */
function crowd(port: number, count: number, addresses: readonly string[], greeting: string) {
  const sockets: Socket[] = [];
  const counts = { open: 0, closed: 0 };
  for (let index = 0; index < count; index += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: addresses[index % addresses.length] });
    socket.on('connect', () => (counts.open += 1));
    socket.on('error', () => {}).on('close', () => (counts.closed += 1));
    socket.write(greeting);
    sockets.push(socket);
  }
  return { counts, leave: () => sockets.forEach((socket) => socket.destroy()) };
}

/** A request and a handshake that never end, so that the connection stays for as long as it may. */
const BEGUN = { http: 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n', rtmp: '\x03' };
const PUBLISHERS = PUBLISHERS_ONLY + 8;
const PER_ADDRESS = 8;
const publisherAddresses = Array.from({ length: PUBLISHERS / PER_ADDRESS }, (_, index) => `127.0.0.${index + 2}`);

/** Resolves when the server has noticed that the crowd is gone and answers again. */
async function hasRoom(port: number): Promise<void> {
  let isAnswered = false;
  const ask = (): void => {
    fetch(`http://127.0.0.1:${port}/healthz`).then(({ ok }) => (isAnswered = ok), ask);
  };
  ask();
  await eventually('there is room again', () => isAnswered);
}

const refusals = async (admin: number): Promise<number> =>
  valueOf(await scrape(`http://127.0.0.1:${admin}/metrics`), 'limit_refusals_total{limit="descriptors"}') ?? 0;

const skip = process.platform === 'linux' ? false : 'only on Linux every address of the loopback network is there';

void t.test(`${CROWD} connections on ${LIMIT} file descriptors`, { skip }, async (t) => {
  await using server = await startWithFewFiles();
  const { rtmp, http, admin } = server.ports;
  t.match(server.printed.lines, /connections are bounded by file descriptors.*"limit":256,"connectionsMax":\d+/);
  const watch = `ws://127.0.0.1:${http}/sessions/talk/live?after=0`;
  using viewer = collect(watch);
  await using publisher = await ffmpegAudio(speech.path, `rtmp://127.0.0.1:${rtmp}/live/talk`);
  await viewer.find(({ type }) => type === 'transcript_partial');
  const visitors = crowd(http, CROWD, ['127.0.0.1'], BEGUN.http);
  await eventually('those for whom there is no room are closed', () => visitors.counts.closed >= CROWD - LIMIT);
  t.ok((await refusals(admin)) >= CROWD - LIMIT, 'counted');
  t.match(server.printed.lines, /raise ulimit -n/, 'and said');
  const before = await refusals(admin);
  const publishers = crowd(rtmp, PUBLISHERS, publisherAddresses, BEGUN.rtmp);
  const beyond = PUBLISHERS - PUBLISHERS_ONLY;
  await eventually('publishers beyond their places are closed', () => publishers.counts.closed >= beyond);
  t.ok((await refusals(admin)) >= before + beyond, 'by the same bound');
  publishers.leave();
  // While the visitors stay there is room for a publisher, its ffmpeg and its session.
  await using second = await ffmpegAudio(speech.path, `rtmp://127.0.0.1:${rtmp}/live/second`);
  const soFar = performance.now();
  await viewer.find(({ type, atMs }) => type === 'transcript_final' && atMs > soFar);
  t.strictSame([publisher.child.exitCode, second.child.exitCode], [null, null], second.printed());
  visitors.leave();
  await hasRoom(http);
  using late = collect(`ws://127.0.0.1:${http}/sessions/talk/live?after=0`);
  await late.find(({ type }) => type === 'transcript_final');
  t.equal(await viewer.closed, 1000);
  t.match(viewer.messages.at(-1)?.ledger, { gapMs: 0 });
  await second[Symbol.asyncDispose]();
});
