import t from 'tap';
import type { RtmpLimits } from '../../../actors/rtmp/limits.ts';
import {
  aacSequenceHeader,
  aacSilence,
  clientHandshake,
  commandBytes,
  connectRtmp,
  publishBytes,
  publishRtmp,
} from '../../support/rtmp-publisher.ts';
import { dial, listen, until } from './harness.ts';

/** Only the deadline of the test is short. */
const LONG_MS = 60_000;
const long = { handshakeMs: LONG_MS, publishMs: LONG_MS, idleMs: LONG_MS, lingerMs: LONG_MS };
const only = (limits: Partial<RtmpLimits>): { limits: Partial<RtmpLimits> } => ({ limits: { ...long, ...limits } });

const unfinished: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'half a handshake': clientHandshake.subarray(0, 700),
  'everything but the last byte of C2': clientHandshake.subarray(0, -1),
};

for (const [title, bytes] of Object.entries(unfinished)) {
  void t.test(`who sends ${title} is cut when the time for the handshake is over`, async (t) => {
    const { port, witness } = await listen(t, only({ handshakeMs: 100 }));
    const { closed } = await dial(port, bytes);
    await closed;
    t.equal(witness.count('connections_failed'), 1);
    t.match(witness.logged, [{ fields: { reason: 'no handshake within 100 ms' } }]);
  });
}

void t.test('a byte now and then buys no time for the handshake', async (t) => {
  const { port, witness } = await listen(t, only({ handshakeMs: 200 }));
  const { socket, closed } = await dial(port, Buffer.of(3));
  const drip = setInterval(() => void socket.write(Buffer.of(0)), 20);
  await closed;
  clearInterval(drip);
  t.match(witness.logged, [{ fields: { reason: 'no handshake within 200 ms' } }]);
});

const unpublished: Record<string, Buffer[]> = {
  'only shakes hands': [],
  'only connects': [commandBytes('connect', 1, { app: 'live' })],
  'stops in the middle of a message': [commandBytes('connect', 1, { app: 'live' }).subarray(0, 30)],
};

for (const [title, parts] of Object.entries(unpublished)) {
  void t.test(`who ${title} is cut when the time for publish is over`, async (t) => {
    const { port, witness } = await listen(t, only({ publishMs: 100 }));
    const { closed } = await dial(port, Buffer.concat([clientHandshake, ...parts]));
    await closed;
    t.match(witness.logged, [{ fields: { reason: 'no publish within 100 ms' } }]);
    t.strictSame(witness.publishes, []);
  });
}

void t.test('commands buy no time for publish', async (t) => {
  const { port, witness } = await listen(t, only({ publishMs: 200 }));
  const { socket, closed } = await dial(port, clientHandshake);
  const drip = setInterval(() => void socket.write(commandBytes('createStream', 2, null)), 20);
  await closed;
  clearInterval(drip);
  t.match(witness.logged, [{ fields: { reason: 'no publish within 200 ms' } }]);
});

void t.test('an authoriser that never decides keeps nobody', async (t) => {
  const never = new Promise<never>(() => undefined);
  const { port } = await listen(t, { authorise: () => never, ...only({ publishMs: 100 }) });
  const { closed } = await dial(port, publishBytes('live', 'talk'));
  await t.resolves(closed);
});

void t.test('a publish that is over leaves the time for another', async (t) => {
  const { port, witness } = await listen(t, only({ publishMs: 150 }));
  const publisher = await publishRtmp({ port, name: 'talk' });
  publisher.unpublish();
  await publisher.closed;
  t.strictSame((await witness.ended()).ends, [{ orderly: true, reason: 'FCUnpublish' }]);
  t.match(witness.logged, [{ fields: { reason: 'no publish within 150 ms' } }]);
});

void t.test('a publisher that falls silent is lost when its time is over', async (t) => {
  const { port, witness } = await listen(t, only({ idleMs: 100 }));
  const publisher = await publishRtmp({ port, name: 'talk' });
  publisher.sendAudio(aacSequenceHeader, 0);
  await publisher.closed;
  t.strictSame((await witness.ended()).ends, [{ orderly: false, reason: 'no data within 100 ms' }]);
  t.match(witness.logged, [{ level: 'warn', fields: { publishing: true } }]);
});

void t.test('a publisher that goes on sending is not cut', async (t) => {
  const idleMs = 400;
  const { port, witness } = await listen(t, only({ idleMs, publishMs: idleMs, handshakeMs: idleMs }));
  const publisher = await publishRtmp({ port, name: 'talk' });
  const { ends } = await witness.publish();
  const started = performance.now();
  const speaking = setInterval(() => publisher.sendAudio(aacSilence, 0), 40);
  await until(() => performance.now() - started > 3 * idleMs || ends.length > 0, 'three times the limit');
  clearInterval(speaking);
  t.strictSame(ends, []);
  await publisher.close();
});

void t.test(
  'a publisher is not cut for a stall of this process, for what it sent meanwhile is read first',
  async (t) => {
    const idleMs = 100;
    const { port, witness } = await listen(t, only({ idleMs }));
    const publisher = await publishRtmp({ port, name: 'talk' });
    const { ends } = await witness.publish();
    for (let stalls = 0; stalls < 3; stalls += 1) {
      publisher.sendAudio(aacSilence, 0);
      const untilMs = performance.now() + 2 * idleMs;
      while (performance.now() < untilMs);
      await new Promise((resolve) => setTimeout(resolve, idleMs / 4));
      t.strictSame(ends, []);
    }
    await publisher.close();
    t.strictSame((await witness.ended()).ends, [{ orderly: true, reason: 'FCUnpublish' }]);
  },
);

void t.test('who was refused and stays is cut after the linger', async (t) => {
  const authorise = () => ({ accepted: false, code: 'NetStream.Failed', description: 'no' }) as const;
  const { listener, port } = await listen(t, { authorise, ...only({ lingerMs: 100 }) });
  const publisher = await connectRtmp(port);
  publisher.sendCommand('connect', 1, { app: 'live' });
  publisher.sendCommand('publish', 2, null, 'talk', 'live');
  t.match(await publisher.nextStatus(), { code: 'NetStream.Failed' });
  const speaking = setInterval(() => publisher.sendAudio(aacSilence, 0), 10);
  await publisher.closed;
  clearInterval(speaking);
  await until(() => listener.connections === 0, 'nobody left');
});
