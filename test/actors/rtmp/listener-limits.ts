import t from 'tap';
import { encodeMessage, userControl } from '../../../actors/rtmp/chunk-writer.ts';
import { createRtmpListener } from '../../../actors/rtmp/listener.ts';
import { defaultRtmpLimits } from '../../../actors/rtmp/limits.ts';
import {
  aacSequenceHeader,
  clientHandshake,
  commandBytes,
  connectRtmp,
  messageBytes,
  publishBytes,
  publishRtmp,
} from '../../support/rtmp-publisher.ts';
import { dial, listen, until, Witness } from './harness.ts';

void t.test('the caps on connections are the defaults', async (t) => {
  t.match(defaultRtmpLimits, {
    maxConnections: 1000,
    maxUnpublished: 200,
    maxUnpublishedPerAddress: 10,
    handshakeMs: 5000,
    publishMs: 10_000,
    idleMs: 30_000,
    maxUnpublishedBytes: 64 * 1024,
  });
});

const caps = ['maxConnections', 'maxUnpublished', 'maxUnpublishedPerAddress'] as const;

for (const cap of caps) {
  void t.test(`beyond ${cap} a connection is closed at once, and a place that is left is free again`, async (t) => {
    const { listener, port, witness } = await listen(t, { limits: { [cap]: 3 } });
    const inside = [await dial(port), await dial(port), await dial(port)];
    await until(() => listener.connections === 3, 'three inside');
    for (let count = 0; count < 50; count += 1) await (await dial(port)).closed;
    t.equal(witness.count('connections_refused'), 50);
    t.equal(listener.connections, 3);
    inside[0]?.socket.resetAndDestroy();
    await until(() => listener.connections === 2, 'one has left');
    const publisher = await publishRtmp({ port, name: 'talk' });
    await publisher.close();
  });
}

void t.test('publishers take no place among those that do not publish, until their publish is over', async (t) => {
  const { port, witness } = await listen(t, { limits: { maxUnpublishedPerAddress: 1 } });
  const publishers = [];
  for (const name of ['one', 'two', 'three']) publishers.push(await publishRtmp({ port, name }));
  publishers[0]?.unpublish();
  await witness.ended();
  await (
    await dial(port)
  ).closed;
  t.equal(witness.count('connections_refused'), 1);
  await publishers[0]?.close();
  const next = await publishRtmp({ port, name: 'four' });
  for (const publisher of [...publishers.slice(1), next]) await publisher.close();
  t.ok(witness.publishes.every(({ ends }) => ends.length === 1));
});

void t.test('a publisher goes on while others knock in vain', async (t) => {
  const { port, witness } = await listen(t, { limits: { maxUnpublishedPerAddress: 5 } });
  const publisher = await publishRtmp({ port, name: 'talk' });
  const knocking = Array.from({ length: 300 }, () => dial(port, clientHandshake));
  publisher.sendAudio(aacSequenceHeader, 0);
  const { tags, ends } = await witness.publish();
  await witness.until(() => tags.length === 1, 'audio');
  const knocked = await Promise.all(knocking);
  await until(() => witness.count('connections_refused') === 295, 'all but five refused');
  for (const { socket } of knocked) socket.destroy();
  t.strictSame(ends, []);
  await publisher.close();
});

const chatter: Record<string, Buffer> = {
  commands: commandBytes('createStream', 2, null),
  'data messages': messageBytes(18, Buffer.alloc(1000)),
  'audio and video': Buffer.concat([messageBytes(8, Buffer.alloc(500)), messageBytes(9, Buffer.alloc(500))]),
};

for (const [what, bytes] of Object.entries(chatter)) {
  void t.test(`64 KiB of ${what} without a publish are enough`, async (t) => {
    const { port, witness } = await listen(t);
    const { socket, closed } = await dial(port, clientHandshake);
    const count = Math.ceil((65 * 1024) / bytes.length);
    for (let sent = 0; sent < count; sent += 1) socket.write(bytes);
    await closed;
    t.match(witness.logged.at(-1), { fields: { reason: /more than 65536 bytes without a publish|does not read/ } });
  });
}

void t.test('a peer that asks and never reads is cut', async (t) => {
  const { port, witness } = await listen(t, { limits: { maxShortChunksPerSecond: Infinity } });
  const { socket, closed } = await dial(port, publishBytes('live', 'talk'));
  socket.pause();
  const ping = encodeMessage(userControl(6, 1), 128);
  const pings = Buffer.alloc(ping.length * 2000, ping);
  await witness.publish();
  const asking = setInterval(() => void socket.write(pings), 1);
  await witness.ended();
  clearInterval(asking);
  t.match(witness.publishes[0]?.ends, [{ orderly: false, reason: 'peer does not read' }]);
  socket.destroy();
  await closed;
});

void t.test('a port that is taken is an error of the one who asks for it', async (t) => {
  const { port } = await listen(t);
  const { authorise, log } = new Witness();
  await t.rejects(createRtmpListener({ host: '127.0.0.1', port, authorise, log }), { code: 'EADDRINUSE' });
  (await connectRtmp(port)).abort();
});
