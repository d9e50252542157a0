/**
 * A hundred viewers whose connections are cut at random while a session speaks: each gets every record once, in order.
 *
 * `CUTS_SECONDS` says for how long (60 for a release; the usual run is shorter).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { TranscriptSink } from '../../actors/ports.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { resumingViewer } from '../support/resuming-viewer.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import type { ProxyConnection } from '../support/tcp-proxy.ts';
import { logViewer } from '../support/viewer-log.ts';

const VIEWERS = 100;
const CLIENTS = 10;
const seconds = Number(process.env['CUTS_SECONDS'] ?? 12);
/** Partials come four to a final. */
const PARTIAL_EVERY_MS = 50;
const PARTIALS_OF_FINAL = 4;
/** Shortest and longest life of a connection. */
const LIFE_MS = [20, 3_000] as const;

t.setTimeout((seconds + 120) * 1_000);

/** Ends each connection after a random life: in the middle of frames, in order or with a reset. */
function cutter(random: () => number) {
  const [shortestMs, longestMs] = LIFE_MS;
  const counts = { cuts: 0, isCalm: false, take };
  function take(connection: ProxyConnection): void {
    const life = setTimeout(
      () => {
        if (counts.isCalm) return;
        counts.cuts += 1;
        connection.cut(random() < 0.6 ? 'reset' : 'close');
      },
      shortestMs + random() * (longestMs - shortestMs),
    );
    void connection.closed.then(() => clearTimeout(life));
  }
  return counts;
}

/** Speaks for as long as is wanted; returns the number of finals. */
async function speak(sink: TranscriptSink): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let finals = 0;
  for (let tick = 1; performance.now() < until; tick += 1) {
    const heard = { engineSession: 'e', utterance: `u${finals}`, channel: 0, language: 'en' };
    const times = { startMs: finals * 200, endMs: finals * 200 + 190 };
    if (tick % (PARTIALS_OF_FINAL + 1) !== 0) sink.partial({ ...heard, ...times, text: `part ${tick}` });
    else sink.final({ ...heard, ...times, text: `final ${(finals += 1)}` });
    await pause(PARTIAL_EVERY_MS * (PARTIALS_OF_FINAL / (PARTIALS_OF_FINAL + 1)));
  }
  return finals;
}

void t.test('whatever is cut, every offset comes exactly once and in order to every viewer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-cuts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder, PUBLISHER_GRACE_MS: '600000' });
  const random = seededRandom(4);
  const cuts = cutter(random);
  await using proxy = await tcpProxy(server.port, { random, onConnection: cuts.take });
  const session = await server.start('talk');
  const url = `ws://127.0.0.1:${proxy.port}/sessions/talk/live`;
  const viewers = Array.from({ length: VIEWERS }, () => resumingViewer(url, () => random() * 500));
  const clients = Array.from({ length: CLIENTS }, () => logViewer(url, { random, partials: false }));
  t.teardown(() => {
    for (const viewer of viewers) viewer.leave();
    for (const client of clients) client[Symbol.dispose]();
  });
  const finals = await speak(session.channel.sink);
  cuts.isCalm = true;
  const stopped = session.stop('publisher_ended');
  await Promise.all(viewers.map(({ ended }) => ended));
  await Promise.all(clients.map((client) => client.saw(`end ${finals + 1}`)));
  await stopped;
  const all = [...Array.from({ length: finals }, (_, index) => `final ${index + 1}`), 'session_end'];
  t.ok(finals >= seconds * 3, `${finals} finals`);
  for (const { faults, texts } of viewers) t.strictSame([faults, texts], [[], all]);
  for (const { lines } of clients) {
    const told = lines.flatMap((line) => /^final \d+ (.*)$/.exec(line)?.[1] ?? []);
    t.strictSame(told, all.slice(0, -1));
    t.notOk(lines.some((line) => line.startsWith('missed')));
  }
  const connections = viewers.reduce((sum, viewer) => sum + viewer.connections, 0);
  t.ok(cuts.cuts > VIEWERS * (seconds / 6), `${cuts.cuts} cuts, ${connections} connections`);
  t.strictSame(
    server.lines.filter((line) => /"level":"error"/.test(line)),
    [],
  );
});
