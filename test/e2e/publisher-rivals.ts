/** Publishers that want the same place: the same one again over a dead connection, another one, and one too many. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { SqliteLog } from '../../actors/log/sqlite.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { eventually } from '../support/processes.ts';
import { publishRtmp, RtmpRefused } from '../support/rtmp-publisher.ts';
import { speak } from '../support/muted-publisher.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { collect } from '../support/transcript-collector.ts';

t.setTimeout(120_000);

const TAKEN_OVER_MS = 1_000;

const liveOf = ({ server }: TestServer, slug = 'talk') => {
  const live = server.registry.live(slug);
  if (live === undefined) throw new Error(`there is no session ${slug}`);
  return live;
};

/** Resolves when more of the session's audio has come. */
async function goesOn(server: TestServer): Promise<void> {
  const { receivedMs } = liveOf(server).ledger();
  await eventually('more audio', () => liveOf(server).ledger().receivedMs > receivedMs + 200);
}

/** Counters of the metrics, without gauges and what time alone changes. */
async function counters({ addresses: { admin } }: TestServer): Promise<string[]> {
  const text = await (await fetch(`http://${admin.host}:${admin.port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => /^\w+_total(\{.*)? /.test(line));
  return lines.filter((line) => !/^(session_audio_ms|rtmp_|limit)/.test(line));
}

async function refused(port: number, name: string): Promise<RtmpRefused> {
  const outcome = await publishRtmp({ port, name }).catch((error: unknown) => error);
  if (!(outcome instanceof RtmpRefused)) throw new Error(`it was not refused: ${String(outcome)}`);
  return outcome;
}

void t.test('over a connection that hangs, the same credential takes its place within a second', async (t) => {
  await using server = await startServer();
  const { port } = server.addresses.rtmp;
  await using proxy = await tcpProxy(port);
  const hanging = await publishRtmp({ port: proxy.port, name: 'talk?token=mine' });
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  using _hung = speak(hanging);
  await goesOn(server);
  const session = liveOf(server);
  proxy.poison({ type: 'timeout', timeoutMs: 0 });

  t.equal((await refused(port, 'talk?token=another')).status.code, 'NetStream.Publish.BadName');
  t.ok(session.publisher.taken, 'another credential disturbs nobody');

  const [old] = proxy.connections;
  const begunMs = performance.now();
  const back = await publishRtmp({ port, name: 'talk?token=mine' });
  using _speaking = speak(back);
  await old?.targetLeft;
  t.ok(performance.now() - begunMs < TAKEN_OVER_MS, 'the hanging connection is destroyed');
  await goesOn(server);
  t.ok(performance.now() - begunMs < TAKEN_OVER_MS + 500, 'and the audio goes on');
  t.equal(liveOf(server), session);
  await back.close();
  t.equal(await viewer.closed, 1000);
  const states = viewer.messages.flatMap(({ type, state }) => (type === 'session_state' ? [state] : []));
  t.notOk(states.includes('publisher_lost'), 'viewers notice nothing');
});

void t.test('of a publisher that is refused nothing starts, and the one that is there goes on', async (t) => {
  await using server = await startServer({ MAX_SESSIONS: '1' });
  const { port } = server.addresses.rtmp;
  const first = await publishRtmp({ port, name: 'talk?token=mine' });
  using _speaking = speak(first);
  await goesOn(server);
  const session = liveOf(server);
  const before = { children: session.resources.names(), counters: await counters(server), returns: 0 };
  t.equal((await refused(port, 'talk?token=another')).status.code, 'NetStream.Publish.BadName');
  t.equal((await refused(port, 'talk')).status.code, 'NetStream.Publish.BadName');
  t.equal((await refused(port, 'other')).status.code, 'NetStream.Publish.Denied');
  t.equal((await refused(port, 'Not_a_slug')).status.code, 'NetStream.Publish.BadName');
  await goesOn(server);
  const { returns } = session.publisher;
  t.strictSame({ children: session.resources.names(), counters: await counters(server), returns }, before);
  t.equal(server.server.registry.size, 1);
  t.equal((await fetch(server.httpUrl('/sessions/other'))).status, 404);
  await first.close();
});

/** All runs that a log has, by name. */
async function runsIn(folder: string): Promise<string[]> {
  const log = await SqliteLog.open({ folder, nowMs: () => Date.now() });
  const runs = await log.runs();
  await log.close();
  return runs.map(({ slug }) => slug).toSorted();
}

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-rivals-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

void t.test(
  'several publish at once, up to MAX_SESSIONS; who comes then is told why, and leaves no trace',
  async (t) => {
    const folder = await folderOf(t);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    {
      await using server = await startServer({ MAX_SESSIONS: '3', DATA_DIR: folder });
      const { port } = server.addresses.rtmp;
      const came = await Promise.allSettled(names.map((name) => publishRtmp({ port, name })));
      const taken = came.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const reasons = came.flatMap((one) => (one.status === 'rejected' ? [(one.reason as RtmpRefused).status] : []));
      t.equal(taken.length, 3);
      t.match(
        reasons,
        [/./, /./, /./].map(() => ({ code: 'NetStream.Publish.Denied', description: /MAX_SESSIONS/ })),
      );
      await eventually('three ffmpegs', () =>
        server.server.registry.liveSessions().every(({ resources }) => resources.size > 0),
      );
      const [first] = taken;
      await first?.close();
      await eventually('one has ended', () => server.server.registry.size === 2);
      const late = await publishRtmp({ port, name: 'g' });
      t.equal(server.server.registry.size, 3, 'a place that is free again is given away');
      for (const publisher of [...taken.slice(1), late]) await publisher.close();
    }
    const runs = await runsIn(folder);
    t.equal(runs.length, 4, `the log knows of ${runs.join()}`);
    t.ok(runs.includes('g'));
  },
);
