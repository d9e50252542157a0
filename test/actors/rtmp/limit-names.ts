/** Each limit of the RTMP edge, exceeded over a real connection, is counted by its name and ends that connection alone. */
import t from 'tap';
import { limitNames } from '../../../actors/limit-names.ts';
import type { LimitName } from '../../../actors/limit-names.ts';
import { encodeAmf0 } from '../../../actors/rtmp/amf0-encode.ts';
import { encodeMessage, userControl } from '../../../actors/rtmp/chunk-writer.ts';
import type { RtmpLimits } from '../../../actors/rtmp/limits.ts';
import { clientHandshake, commandBytes, messageBytes, publishBytes } from '../../support/rtmp-publisher.ts';
import { chunk } from './harness-chunks.ts';
import { dial, listen, until } from './harness.ts';

interface Attack {
  bytes: Buffer;
  /** Bounds that make it short; it needs no time otherwise. */
  limits?: Partial<RtmpLimits>;
  /** Connections before the one that is counted. */
  before?: number;
}

const hello = (...parts: Buffer[]): Buffer => Buffer.concat([clientHandshake, ...parts]);
const nothing = Buffer.alloc(0);
const streams = (count: number, length: number): Buffer[] =>
  Array.from({ length: count }, (_, index) =>
    chunk({ format: 0, id: index + 3, type: 8, length, payload: Buffer.alloc(128) }),
  );
const ping = encodeMessage(userControl(6, 1), 128);

const attacks: Partial<Record<LimitName, Attack>> = {
  rtmp_connections: { bytes: nothing, limits: { maxConnections: 1 }, before: 1 },
  rtmp_unpublished: { bytes: nothing, limits: { maxUnpublished: 1 }, before: 1 },
  rtmp_unpublished_per_address: { bytes: nothing, limits: { maxUnpublishedPerAddress: 1 }, before: 1 },
  rtmp_handshake_time: { bytes: clientHandshake.subarray(0, 9), limits: { handshakeMs: 50 } },
  rtmp_publish_time: { bytes: clientHandshake, limits: { publishMs: 50 } },
  rtmp_idle_time: { bytes: publishBytes('live', 'talk'), limits: { idleMs: 50 } },
  rtmp_unpublished_bytes: { bytes: hello(messageBytes(18, Buffer.alloc(300))), limits: { maxUnpublishedBytes: 200 } },
  rtmp_unsent_bytes: { bytes: hello(Buffer.alloc(ping.length * 2, ping)), limits: { maxUnsentBytes: 10 } },
  rtmp_chunk_streams: {
    bytes: hello(chunk({ format: 0, id: 3 }), chunk({ format: 0, id: 4 })),
    limits: { maxChunkStreams: 1 },
  },
  rtmp_unfinished_bytes: { bytes: hello(...streams(2, 60_000)) },
  rtmp_short_chunks: { bytes: hello(ping, ping), limits: { maxShortChunksPerSecond: 1 } },
  rtmp_message_bytes: { bytes: hello(...streams(1, 70_000)) },
  rtmp_amf0: { bytes: hello(commandBytes('connect', 1, { app: 'x'.repeat(5_000) })) },
};

for (const name of limitNames.filter((limit) => limit.startsWith('rtmp_'))) {
  void t.test(`beyond ${name} a connection is closed and counted`, async (t) => {
    const attack = attacks[name];
    if (attack === undefined) throw new Error('nobody exceeds it');
    const { listener, port, witness } = await listen(t, { limits: attack.limits ?? {} });
    for (let inside = 1; inside <= (attack.before ?? 0); inside += 1) {
      await dial(port);
      await until(() => listener.connections === inside, `${inside} inside`);
    }
    await (
      await dial(port, attack.bytes)
    ).closed;
    await until(() => witness.limits.length > 0, 'the limit is counted');
    t.strictSame(witness.limits, [name]);
    await until(() => listener.connections === (attack.before ?? 0), 'its place is free again');
  });
}

void t.test('AMF0 that is too deep or has too many values is counted as the same limit', async (t) => {
  const deep = Array.from({ length: 40 }).reduce<unknown[]>((inner) => [inner], []);
  const wide = Array.from({ length: 2_000 }, () => 1);
  for (const value of [deep, wide]) {
    const { port, witness } = await listen(t);
    const body = encodeAmf0('connect', 1, value as Parameters<typeof encodeAmf0>[0]);
    await (
      await dial(port, hello(messageBytes(20, body)))
    ).closed;
    await until(() => witness.limits.length > 0, 'the limit is counted');
    t.strictSame(witness.limits, ['rtmp_amf0']);
  }
});
