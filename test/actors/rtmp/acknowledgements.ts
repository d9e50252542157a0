import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { acknowledgement, encodeMessage, windowAckSize } from '../../../actors/rtmp/chunk-writer.ts';
import { MessageType } from '../../../actors/rtmp/message-types.ts';
import {
  aacSequenceHeader,
  clientHandshake,
  commandBytes,
  connectRtmp,
  messageBytes,
  publishBytes,
  publishRtmp,
  RtmpPublisher,
} from '../../support/rtmp-publisher.ts';
import { listen, until } from './harness.ts';

/** A publish's first bytes, which are acknowledged as they come. */
const EARLY_BYTES = 1024;

/** Sends more than that, and waits until all that the server had to say to it has come. */
async function passBeginning(publisher: RtmpPublisher): Promise<void> {
  publisher.sendVideo(Buffer.alloc(2 * EARLY_BYTES), 0);
  publisher.sendCommand('_checkbw', 3, null);
  await publisher.command('_error');
}

/** Sequence numbers of the acknowledgements so far. */
function sequenceNumbers({ received }: RtmpPublisher): number[] {
  const acknowledgements = received.filter(({ type }) => type === MessageType.acknowledgement);
  return acknowledgements.map(({ body }) => body.readUInt32BE(0));
}

void t.test(
  'before publish every segment is acknowledged at once, with all bytes since the handshake began',
  async (t) => {
    const { port } = await listen(t);
    const publisher = await connectRtmp(port);
    let sent = clientHandshake.length;
    await until(() => publisher.acknowledgedBytes === sent, 'the handshake acknowledged');
    for (const command of ['connect', 'releaseStream', 'FCPublish', 'createStream', 'publish']) {
      const bytes = commandBytes(command, 1, null, 'talk');
      sent += bytes.length;
      publisher.sendBytes(bytes);
      await until(() => publisher.acknowledgedBytes === sent, `${command} acknowledged`);
    }
    publisher.abort();
  },
);

void t.test('half a command is acknowledged too: its sender waits with the other half', async (t) => {
  const { port } = await listen(t);
  const publisher = await connectRtmp(port);
  const bytes = commandBytes('connect', 1, { app: 'live' });
  publisher.sendBytes(bytes.subarray(0, 20));
  await until(() => publisher.acknowledgedBytes === clientHandshake.length + 20, 'half acknowledged');
  publisher.sendBytes(bytes.subarray(20));
  await publisher.command('_result');
  publisher.abort();
});

void t.test('a sender that waits for TCP between small writes is not made to wait', async (t) => {
  const { port } = await listen(t);
  // Nagle's algorithm on, as in ffmpeg and GStreamer: each of these writes waits for the acknowledgement of the last.
  const socket = connect({ port, host: '127.0.0.1', noDelay: false });
  await once(socket, 'connect');
  const publisher = new RtmpPublisher(socket);
  const started = performance.now();
  publisher.sendBytes(clientHandshake);
  for (const command of ['connect', 'releaseStream', 'FCPublish', '_checkbw', 'createStream', 'publish']) {
    const bytes = commandBytes(command, 1, command === 'connect' ? { app: 'live' } : null, 'talk');
    publisher.sendBytes(bytes.subarray(0, 12));
    await new Promise((resolve) => void setImmediate(resolve));
    publisher.sendBytes(bytes.subarray(12));
  }
  t.match(await publisher.nextStatus(), { code: 'NetStream.Publish.Start' });
  t.comment(`${Math.round(performance.now() - started)} ms from handshake to Publish.Start with Nagle's algorithm`);
  publisher.abort();
});

void t.test('the first frames are acknowledged one by one', async (t) => {
  const { port } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  for (let frame = 0; frame < 5; frame += 1) {
    const before = publisher.acknowledgedBytes;
    publisher.sendAudio(aacSequenceHeader, frame);
    await until(() => publisher.acknowledgedBytes === before + 16, 'frame acknowledged');
  }
  await publisher.close();
});

void t.test('later it is once a window, and nothing else is said', async (t) => {
  const ackWindowBytes = 10_000;
  const { port, witness } = await listen(t, { limits: { ackWindowBytes } });
  const publisher = await publishRtmp({ port, name: 'talk' });
  await passBeginning(publisher);
  const before = sequenceNumbers(publisher);
  const early = before.at(-1) ?? 0;
  const videoBefore = witness.count('video_messages');
  const video = messageBytes(MessageType.video, Buffer.alloc(1000));
  for (let sent = 0; sent < 3.5 * ackWindowBytes; sent += video.length) {
    publisher.sendBytes(video);
    await until(() => (witness.count('video_messages') - videoBefore) * video.length > sent, 'video counted');
  }
  await until(() => publisher.acknowledgedBytes >= early + 3 * ackWindowBytes, 'three windows');
  const steps = [early, ...sequenceNumbers(publisher).slice(before.length)];
  t.equal(steps.length, 4);
  const sizes = steps.slice(1).map((number, index) => number - (steps[index] ?? 0));
  t.ok(
    sizes.every((size) => size >= ackWindowBytes && size < ackWindowBytes + video.length),
    `windows of ${sizes.join(', ')} bytes`,
  );
  await publisher.close();
});

void t.test('a publisher that asks for a smaller window gets it', async (t) => {
  const { port } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  publisher.sendBytes(encodeMessage(windowAckSize(2000), 128));
  await passBeginning(publisher);
  const early = publisher.acknowledgedBytes;
  publisher.sendVideo(Buffer.alloc(3000), 0);
  await until(() => publisher.acknowledgedBytes > early, 'another acknowledgement');
  await publisher.close();
});

void t.test('sequence numbers wrap at 32 bits', async (t) => {
  t.equal(acknowledgement(2 ** 32 + 5).body.readUInt32BE(0), 5);
  t.equal(acknowledgement(2 ** 32 - 1).body.readUInt32BE(0), 0xffffffff);
});

void t.test('everything up to publish may come in one segment, and is acknowledged', async (t) => {
  const { port } = await listen(t);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const publisher = new RtmpPublisher(socket);
  const bytes = publishBytes('live', 'talk');
  publisher.sendBytes(bytes);
  await publisher.nextStatus();
  await until(() => publisher.acknowledgedBytes === bytes.length, 'all acknowledged');
  await publisher.close();
});
