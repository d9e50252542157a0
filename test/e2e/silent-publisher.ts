/** Publishers that are connected and send no audio: said everywhere within ten seconds, and taken back with the first sound. */
import t from 'tap';
import { WebSocket } from 'ws';
import { defaultRtmpLimits } from '../../actors/rtmp/limits.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { eventually } from '../support/processes.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { speak } from '../support/muted-publisher.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { collect } from '../support/transcript-collector.ts';

t.setTimeout(120_000);

const SILENCE_MS = 10_000;
/** For noticing it: a look at the audio, a question to the API. */
const NOTICED_MS = 1_500;

async function audioOf(server: TestServer, slug: string): Promise<unknown> {
  const answer = await fetch(server.httpUrl(`/sessions/${slug}`));
  return ((await answer.json()) as { audio: unknown }).audio;
}

async function metric({ addresses: { admin } }: TestServer, slug: string): Promise<string | undefined> {
  const text = await (await fetch(`http://${admin.host}:${admin.port}/metrics`)).text();
  return text.split('\n').find((line) => line.startsWith(`publisher_silent{session="${slug}"}`));
}

/** Polls the API; resolves with how long it took. */
async function becomes(server: TestServer, slug: string, audio: string): Promise<number> {
  const begunMs = performance.now();
  let now: unknown;
  const look = setInterval(() => void audioOf(server, slug).then((value) => (now = value)), 50);
  try {
    await eventually(`audio of ${slug} is ${audio}`, () => now === audio, 2 * SILENCE_MS);
  } finally {
    clearInterval(look);
  }
  return performance.now() - begunMs;
}

const said = ({ lines }: TestServer, what: string): string[] => lines.filter((line) => line.includes(what));

/** Everything that the inspector shows of a session. */
function inspect({ addresses: { admin } }: TestServer, slug: string) {
  const frames: string[] = [];
  const url = `ws://${admin.host}:${admin.port}/inspect/live?session=${slug}`;
  const socket = new WebSocket(url, 'xstate-inspect.v1');
  socket.on('message', (data) => frames.push((data as Buffer).toString()));
  return { frames, [Symbol.dispose]: () => socket.terminate() };
}

void t.test('an encoder whose audio stops is reported after ten seconds, and so is its return', async (t) => {
  await using server = await startServer();
  const publisher = await publishRtmp({ port: server.addresses.rtmp.port, name: 'talk' });
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  using inspector = inspect(server, 'talk');
  using list = inspect(server, '*');
  {
    using _speaking = speak(publisher);
    await viewer.find(({ type }) => type === 'session');
    await eventually('sound', () => (server.server.registry.live('talk')?.ledger().receivedMs ?? 0) > 500);
    t.equal(await audioOf(server, 'talk'), 'flowing');
  }
  const tookMs = await becomes(server, 'talk', 'silent');
  t.ok(tookMs > SILENCE_MS - 500 && tookMs < SILENCE_MS + NOTICED_MS, `silent after ${Math.round(tookMs)} ms`);
  t.match(await metric(server, 'talk'), / 1$/);
  await eventually('the inspector’s list says it', () => list.frames.some((frame) => frame.includes('"silent"')));
  {
    using _speaking = speak(publisher);
    t.ok((await becomes(server, 'talk', 'flowing')) < NOTICED_MS);
  }
  t.match(await metric(server, 'talk'), / 0$/);
  const epoch = server.server.registry.live('talk')?.epoch ?? 0;
  for (const words of ['has sent no audio for 10 s', 'sends audio again']) {
    t.match(said(server, words), [new RegExp(`"session":"talk".*"epoch":${epoch}`)], words);
    t.equal(said(server, words).length, 1, `${words}: once`);
  }
  t.ok(
    inspector.frames.some((frame) => frame.includes('"publisher":{"live":"silent"}')),
    'the inspector shows it',
  );

  const states = viewer.messages.flatMap(({ type, state }) => (type === 'session_state' ? [state] : []));
  t.strictSame(
    states.filter((state) => state !== 'live'),
    [],
    'viewers hear nothing of it',
  );
  await publisher.close();
});

void t.test('one that sends video alone is reported, stays connected, and its end is said', async (t) => {
  await using server = await startServer();
  const publisher = await publishRtmp({ port: server.addresses.rtmp.port, name: 'film' });
  const filming = setInterval(() => publisher.sendVideo(Buffer.from('2701000000', 'hex'), 0), 40);
  t.teardown(() => clearInterval(filming));
  await becomes(server, 'film', 'silent');
  t.equal(server.server.registry.live('film')?.state, 'live');
  publisher.abort();
  await becomes(server, 'film', 'none');
  t.equal(server.server.registry.live('film')?.state, 'publisher_lost');
  t.equal(said(server, 'the publisher that sent no audio is gone').length, 1);
});

void t.test(
  'one whose cable is pulled is reported, then lost when not a byte has come for half a minute',
  async (t) => {
    await using server = await startServer();
    await using proxy = await tcpProxy(server.addresses.rtmp.port);
    const publisher = await publishRtmp({ port: proxy.port, name: 'cable' });
    using viewer = collect(server.watchUrl('cable', '?after=0'));
    using _speaking = speak(publisher);
    await viewer.find(({ type }) => type === 'session');
    await becomes(server, 'cable', 'flowing');
    const pulledAtMs = performance.now();
    proxy.poison({ type: 'timeout', timeoutMs: 0 });
    await becomes(server, 'cable', 'silent');
    const lost = await viewer.find(({ state }) => state === 'publisher_lost');
    const tookMs = lost.atMs - pulledAtMs;
    t.ok(Math.abs(tookMs - defaultRtmpLimits.idleMs) < NOTICED_MS, `lost after ${Math.round(tookMs)} ms`);
    t.equal(await audioOf(server, 'cable'), 'none');
  },
);
