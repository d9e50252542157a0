import t from 'tap';
import { defaultRtmpLimits } from '../../../actors/rtmp/limits.ts';
import { abortMessage, chunk, newReading, read } from './harness-chunks.ts';

const KIB = 1024;
/** A header that announces a message of `length` bytes, and nothing behind it. */
const announce = (type: number, length: number, id = 4): Buffer => chunk({ format: 0, id, type, length });

const longest: [what: string, type: number, bytes: number][] = [
  ['a command', 20, 64 * KIB],
  ['an AMF3 command', 17, 64 * KIB],
  ['a control message', 4, 64 * KIB],
  ['audio', 8, 64 * KIB],
  ['an aggregate', 22, 512 * KIB],
  ['video', 9, 8 * KIB * KIB],
  ['a data message', 18, 256 * KIB],
  ['a message of an unknown type', 99, 256 * KIB],
];

for (const [what, type, bytes] of longest) {
  void t.test(`${what} may have ${bytes} bytes, and with one more it is refused at its header`, async (t) => {
    t.doesNotThrow(() => read([announce(type, bytes)]));
    t.throws(() => read([announce(type, bytes + 1)]), { name: 'RtmpProtocolError' });
  });
}

void t.test('the limits above are the defaults', async (t) => {
  t.match(defaultRtmpLimits, {
    maxCommandBytes: 64 * KIB,
    maxAudioBytes: 64 * KIB,
    maxAggregateBytes: 512 * KIB,
    maxVideoBytes: 8 * KIB * KIB,
    maxDataBytes: 256 * KIB,
    maxChunkStreams: 32,
    maxUnfinishedBytes: KIB * KIB,
  });
});

void t.test('33 chunk streams are one too many', async (t) => {
  const streams = Array.from({ length: 33 }, (_, index) =>
    chunk({ format: 0, id: index + 3, type: 9, payload: Buffer.alloc(10) }),
  );
  t.doesNotThrow(() => read(streams.slice(0, 32)));
  t.throws(() => read(streams), { message: 'more than 32 chunk streams' });
});

void t.test('unfinished messages count with what they announce, from their header on', async (t) => {
  const streams = Array.from({ length: 17 }, (_, index) =>
    chunk({ format: 0, id: index + 3, type: 8, length: 64 * KIB, payload: Buffer.alloc(128) }),
  );
  const { reader } = read(streams.slice(0, 16));
  t.equal(reader.unfinishedBytes, KIB * KIB);
  t.throws(() => reader.push(streams[16] as Buffer, 0), { message: /unfinished/ });
});

void t.test('a message that was read, replaced or dropped no longer counts', async (t) => {
  const begin = (length: number): Buffer => chunk({ format: 0, id: 4, length, payload: Buffer.alloc(128) });
  const whole = chunk({ format: 0, id: 4, payload: Buffer.alloc(100) });
  t.equal(read([whole]).reader.unfinishedBytes, 0);
  const { reader } = read([begin(300), begin(200)]);
  t.equal(reader.unfinishedBytes, 200);
  reader.push(abortMessage(4), 0);
  t.equal(reader.unfinishedBytes, 0);
});

void t.test('another bound on unfinished messages holds from the next message on', async (t) => {
  const { reader } = newReading();
  reader.boundUnfinished(1000);
  t.throws(() => reader.push(announce(8, 1001), 0), { message: 'more than 1000 bytes of unfinished messages' });
  t.doesNotThrow(() => {
    const { reader: other } = newReading();
    other.boundUnfinished(1000);
    other.boundUnfinished(2000);
    other.push(announce(8, 1001), 0);
  });
});

/** Messages without a body: a header a byte, which is the most work that a byte can ask for. */
const headers = (count: number): Buffer => Buffer.concat([announce(8, 0), Buffer.alloc(count - 1, 0xc4)]);

void t.test('short chunks have a budget a second', async (t) => {
  const limits = { maxShortChunksPerSecond: 1000 };
  const { reader, messages } = newReading(limits);
  reader.push(headers(1000), 5000);
  t.equal(messages.length, 1000);
  t.throws(() => reader.push(Buffer.of(0xc4), 5999), { message: /1000 chunks below 64 bytes a second/ });
  const { reader: patient } = newReading(limits);
  patient.push(headers(1000), 5000);
  t.doesNotThrow(() => patient.push(headers(1000), 6000), 'a second later it is new');
});

void t.test('chunks of a sensible size have no budget', async (t) => {
  const { reader, skipped } = newReading({ maxShortChunksPerSecond: 10 });
  for (let count = 0; count < 100; count += 1) {
    reader.push(chunk({ format: 0, id: 6, type: 9, payload: Buffer.alloc(128) }), 0);
  }
  t.equal(skipped.length, 100);
});
