/** Peers that want memory or places, against one listener in a process of its own while another publisher goes on. */
import t from 'tap';
import type { Test } from 'tap';
import { clientHandshake, commandBytes, messageBytes, publishBytes } from '../../support/rtmp-publisher.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { chunk, setChunkSize } from './harness-chunks.ts';
import { startListenerProgram } from './harness-program.ts';
import { dial } from './harness.ts';

const MEBIBYTE = 1024 * 1024;
const MAX_COST_BYTES = 20 * MEBIBYTE;
const SEED = 20_240_611;

const program = await startListenerProgram();
t.teardown(() => program[Symbol.asyncDispose]());

const published = publishBytes('live', 'other');

interface OpenMessages {
  type: number;
  firstId: number;
  streams: number;
  length: number;
  /** Bytes of each that never come. */
  missing: number;
}

/** One chunk of a message on each of so many chunk streams; without `missing` bytes they would be whole. */
function openMessages({ type, firstId, streams, length, missing }: OpenMessages): Buffer[] {
  const payload = Buffer.alloc(length - missing);
  const open = (_: unknown, index: number): Buffer[] => [
    chunk({ format: 0, id: firstId + index, type, length }),
    payload,
  ];
  return [setChunkSize(payload.length), ...Array.from({ length: streams }, open).flat()];
}

/** Memory that a flood costs at worst, and what is still held while its connections stay open. */
async function costOf(t: Test, flood: () => Promise<void>): Promise<void> {
  await program.rest();
  await flood();
  const report = await program.steadyGoesOn();
  t.strictSame([report.steadyEnds, report.faults], [[], []], 'nobody else notices');
  const peak = report.peakRss - report.restingRss;
  const held = report.live - report.restingLive;
  t.ok(peak < MAX_COST_BYTES, `${(peak / MEBIBYTE).toFixed(1)} MiB more at worst`);
  t.ok(held < MAX_COST_BYTES, `${(held / MEBIBYTE).toFixed(1)} MiB held`);
}

async function connectionsLeft(): Promise<number> {
  return (await program.report()).connections - 1;
}

/** Sends all of it, as far as the listener takes it, and waits until it has closed. */
async function sendUntilClosed(parts: Buffer[]): Promise<void> {
  const { socket, closed } = await dial(program.port);
  for (const part of parts) socket.write(part);
  await closed;
}

// What the memory of a program at work is, before anything is measured.
for (let count = 0; count < 20; count += 1) await sendUntilClosed([published, Buffer.of(0xff)]);

const sixteen = { type: 8, firstId: 3, streams: 60, length: 16 * MEBIBYTE - 1 };
const begun: Record<string, Buffer[]> = {
  'all but their last 255 bytes': openMessages({ ...sixteen, missing: 255 }),
  'little more than their headers': openMessages({ ...sixteen, missing: sixteen.length - 128 }),
};

for (const [what, parts] of Object.entries(begun)) {
  void t.test(`60 messages of 16 MB begun at once, ${what}`, async (t) => {
    await costOf(t, () => sendUntilClosed([clientHandshake, ...parts]));
    await costOf(t, () => sendUntilClosed([published, ...parts]));
  });
}

void t.test('a publisher that begins as much as it may', async (t) => {
  const video = openMessages({ type: 9, firstId: 3, streams: 16, length: 8 * MEBIBYTE, missing: 255 });
  const audio = openMessages({ type: 8, firstId: 19, streams: 15, length: 64 * 1024, missing: 255 });
  const { socket } = await dial(program.port);
  await costOf(t, async () => {
    for (const part of [published, ...video, ...audio]) {
      await new Promise((resolve) => socket.write(part, resolve));
      // Collects what was read and forgotten: at this rate it would be a good part of the memory.
      await program.report();
    }
  });
  t.equal(await connectionsLeft(), 1, 'it is still there');
  socket.destroy();
});

void t.test(`300 publishes with bytes changed at random (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  const whole = Buffer.concat([
    published,
    messageBytes(8, Buffer.from('af001190', 'hex')),
    messageBytes(9, Buffer.alloc(700)),
  ]);
  await costOf(t, async () => {
    for (let count = 0; count < 300; count += 1) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 1 + random() * 6; change += 1) {
        const at = clientHandshake.length + Math.floor(random() * (bytes.length - clientHandshake.length));
        bytes[at] = random() * 256;
      }
      const { socket, closed } = await dial(program.port, bytes);
      socket.end();
      await closed;
    }
  });
});

void t.test(`150 peers that send 4 kB of noise after the handshake (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  await costOf(t, async () => {
    for (let count = 0; count < 150; count += 1) {
      const noise = Buffer.from(Array.from({ length: 4096 }, () => random() * 256));
      const { socket, closed } = await dial(program.port, Buffer.concat([clientHandshake, noise]));
      socket.end();
      await closed;
    }
  });
});

const idle: Record<string, Buffer> = {
  'send nothing': Buffer.alloc(0),
  'send half a handshake': clientHandshake.subarray(0, 800),
  'connect and publish nothing': Buffer.concat([clientHandshake, commandBytes('connect', 1, { app: 'live' })]),
  'stop within a command of 64 KiB': Buffer.concat([
    clientHandshake,
    chunk({ format: 0, id: 3, type: 20, length: 64 * 1024, payload: Buffer.alloc(128) }),
  ]),
};

for (const [what, bytes] of Object.entries(idle)) {
  void t.test(`300 peers that ${what} are closed when their time is over`, async (t) => {
    const closing: Promise<void>[] = [];
    await costOf(t, async () => {
      for (let count = 0; count < 300; count += 1) closing.push((await dial(program.port, bytes)).closed);
    });
    await Promise.all(closing);
    while ((await connectionsLeft()) > 0);
    await costOf(t, async () => undefined);
  });
}

void t.test('eight players that never read get nothing', async (t) => {
  const play = Buffer.concat([
    clientHandshake,
    commandBytes('connect', 1, { app: 'live' }),
    commandBytes('play', 2, null, 'steady'),
  ]);
  await costOf(t, async () => {
    const players = await Promise.all(Array.from({ length: 8 }, () => dial(program.port, play)));
    for (const { socket } of players) socket.pause();
    await program.steadyGoesOn();
    for (const { socket } of players) socket.resume();
    await Promise.all(players.map(({ closed }) => closed));
    t.ok(players.every(({ socket }) => socket.bytesRead < 10_000));
  });
});
