/** Viewers that come and go by the thousand leave nothing behind: no line, no listener, no memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { startDeliveryServer } from '../support/delivery-server.ts';
import type { DeliveryServer } from '../support/delivery-server.ts';
import { eventually } from '../support/processes.ts';
import { view } from '../support/viewer-sockets.ts';
import type { TakingViewer } from '../support/viewer-sockets.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const VIEWERS = 10_000;
const AT_ONCE = 100;
/** What grows with use and then no more (compiled code, pools) is there after as many. */
const WARM_UP = 2_000;
/** A kilobyte of each viewer would be ten megabytes; what the runtime compiles and pools comes and goes. */
const HEAP_GROWTH_MAX_BYTES = 3_000_000;
const ROUNDS_MAX = 3;

/** How viewers leave, in turn. */
const leaves: ((viewer: TakingViewer) => void)[] = [
  ({ socket }) => socket.close(),
  ({ socket }) => socket.terminate(),
  ({ socket }) => {
    socket.pause();
    socket.terminate();
  },
];

async function churn({ host, registry }: DeliveryServer, count: number): Promise<void> {
  const sink = registry.live('talk')?.channel.sink;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const number = (next += 1);
      const viewer = await view(host, {
        query: number % 2 === 0 ? '?after=0' : '',
        protocols: number % 5 === 0 ? [] : ['captiond.v2'],
      });
      const said = {
        engineSession: 'e',
        utterance: `u${number % 50}`,
        channel: 0,
        language: 'en',
        startMs: 0,
        endMs: 1,
      };
      sink?.partial({ ...said, text: `part ${number}` });
      leaves[number % leaves.length]?.(viewer);
      await viewer.closed;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function heapBytes(): number {
  for (let round = 0; round < 4; round += 1) collectGarbage();
  return process.memoryUsage().heapUsed;
}

t.setTimeout(300_000);

void t.test(`after ${VIEWERS} viewers nothing of them is left`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-viewers-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder });
  const { channel } = await server.start('talk');
  const nobody = (): boolean => channel.hub.size === 0;
  await churn(server, WARM_UP);
  await eventually('nobody is left', nobody);
  const growths: number[] = [];
  while (growths.length < ROUNDS_MAX && (growths.at(-1) ?? Infinity) > HEAP_GROWTH_MAX_BYTES) {
    const before = heapBytes();
    await churn(server, VIEWERS);
    await eventually('nobody is left', nobody);
    growths.push(heapBytes() - before);
  }
  t.equal(channel.hub.counts.attached, WARM_UP + growths.length * VIEWERS);
  t.strictSame([channel.hub.counts.slowCloses, channel.heartbeat.timeouts], [0, 0]);
  const answer = await fetch(`http://${server.host}/sessions/talk`);
  t.match(await answer.json(), { viewers: 0 });
  t.ok((growths.at(-1) ?? Infinity) < HEAP_GROWTH_MAX_BYTES, `the heap grew by ${growths.join()} bytes`);
  t.strictSame(
    server.lines.filter((line) => line.includes('"error"')),
    [],
  );
});
