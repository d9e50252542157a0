import t from 'tap';
import { RtmpProtocolError } from '../../../actors/rtmp/protocol-error.ts';
import { abortMessage, chunk, newReading, read, setChunkSize, timestampsOf } from './harness-chunks.ts';

const body = (bytes: number, value = 1): Buffer => Buffer.alloc(bytes, value);
const lengths = (parts: Buffer[]): number[] => read(parts).messages.map((message) => message.body.length);

void t.test('chunk stream ids of one, two and three bytes are told apart', async (t) => {
  const ids = [3, 63, 64, 319, 320, 65_599];
  const parts = ids.map((id, value) => chunk({ format: 0, id, length: 130, payload: body(128, value) }));
  const rests = ids.map((id, value) => chunk({ format: 3, id, payload: body(2, value) }));
  const { messages } = read([...parts, ...rests]);
  t.strictSame(
    messages.map((message) => message.body),
    ids.map((_, value) => body(130, value)),
  );
});

void t.test('a message carries its type, stream, time and body', async (t) => {
  const { messages } = read([chunk({ format: 0, id: 5, time: 1234, type: 8, streamId: 7, payload: body(3) })]);
  t.strictSame(messages, [{ type: 8, streamId: 7, timestamp: 1234, body: body(3) }]);
});

void t.test('formats 1, 2 and 3 take from before what they do not say', async (t) => {
  const { messages } = read([
    chunk({ format: 0, id: 5, time: 1000, streamId: 9, payload: body(3) }),
    chunk({ format: 1, id: 5, time: 20, type: 8, payload: body(2) }),
    chunk({ format: 2, id: 5, time: 30, payload: body(2) }),
    chunk({ format: 3, id: 5, payload: body(2) }),
  ]);
  t.strictSame(
    messages.map(({ streamId, timestamp, body: { length } }) => [streamId, timestamp, length]),
    [
      [9, 1000, 3],
      [9, 1020, 2],
      [9, 1050, 2],
      [9, 1080, 2],
    ],
  );
});

void t.test('after format 0 a message that begins with format 3 adds the timestamp once more', async (t) => {
  const parts = [
    chunk({ format: 0, id: 5, time: 40, payload: body(1) }),
    chunk({ format: 3, id: 5, payload: body(1) }),
  ];
  t.strictSame(timestampsOf(parts), [40, 80]);
});

void t.test('messages on several chunk streams may be interleaved', async (t) => {
  const { messages } = read([
    chunk({ format: 0, id: 4, length: 200, payload: body(128, 4) }),
    chunk({ format: 0, id: 5, length: 200, payload: body(128, 5) }),
    chunk({ format: 3, id: 4, payload: body(72, 4) }),
    chunk({ format: 3, id: 5, payload: body(72, 5) }),
  ]);
  t.strictSame(
    messages.map((message) => message.body),
    [body(200, 4), body(200, 5)],
  );
});

void t.test('a new header and an abort both drop the message that is open', async (t) => {
  const open = chunk({ format: 0, id: 4, length: 200, payload: body(128) });
  t.strictSame(lengths([open, chunk({ format: 0, id: 4, payload: body(9) })]), [9]);
  const { messages, reader } = read([open, abortMessage(4), chunk({ format: 0, id: 4, payload: body(8) })]);
  t.strictSame(
    messages.map((message) => message.body.length),
    [8],
  );
  t.equal(reader.unfinishedBytes, 0);
});

void t.test('the chunk size of a sender holds from its next chunk on', async (t) => {
  t.strictSame(lengths([setChunkSize(4096), chunk({ format: 0, id: 4, payload: body(4000) })]), [4000]);
  const single = [...body(3)].flatMap((_, index) => [
    chunk({ format: index === 0 ? 0 : 3, id: 4, length: 3 }),
    body(1),
  ]);
  t.strictSame(lengths([setChunkSize(1), ...single]), [3]);
  t.strictSame(lengths([setChunkSize(0x7fffffff), chunk({ format: 0, id: 4, payload: body(60_000) })]), [60_000]);
});

void t.test('a chunk size of 0 or beyond 31 bits is refused, and one without a size is ignored', async (t) => {
  t.throws(() => read([setChunkSize(0)]), RtmpProtocolError);
  t.throws(() => read([setChunkSize(2 ** 31)]), RtmpProtocolError);
  const empty = chunk({ format: 0, id: 2, type: 1 });
  t.strictSame(lengths([empty, chunk({ format: 0, id: 4, payload: body(9) })]), [9]);
});

void t.test('a chunk stream cannot begin with format 2 or 3, but with format 1', async (t) => {
  t.throws(() => read([chunk({ format: 2, id: 4, payload: body(1) })]), RtmpProtocolError);
  t.throws(() => read([chunk({ format: 3, id: 4, payload: body(1) })]), RtmpProtocolError);
  t.strictSame(lengths([chunk({ format: 1, id: 4, payload: body(5) })]), [5]);
});

void t.test('a message without a body is a message', async (t) => {
  t.strictSame(lengths([chunk({ format: 0, id: 4 }), chunk({ format: 3, id: 4 })]), [0, 0]);
});

void t.test('video, data and unknown types are counted down and never collected', async (t) => {
  for (const type of [9, 18, 15, 99]) {
    const { reader, messages, skipped } = read([chunk({ format: 0, id: 6, type, length: 200, payload: body(128) })]);
    t.equal(reader.unfinishedBytes, 0, `type ${type} half way`);
    reader.push(chunk({ format: 3, id: 6, payload: body(72) }), 0);
    t.strictSame([messages, skipped], [[], [[type, 200]]]);
  }
});

void t.test('a body is a copy and no view of the bytes that came', async (t) => {
  const { reader, messages } = newReading();
  const segment = chunk({ format: 0, id: 4, payload: body(100) });
  reader.push(segment, 0);
  segment.fill(0xee);
  t.strictSame(messages[0]?.body, body(100));
});

void t.test('parsing stops behind the message that suspends it, and goes on where it stopped', async (t) => {
  const parts = [1, 2, 3].map((bytes) => chunk({ format: 0, id: 4, payload: body(bytes) }));
  const { reader, messages } = newReading();
  const seen = (): number[] => messages.map((message) => message.body.length);
  reader.suspend();
  reader.push(Buffer.concat(parts), 0);
  t.strictSame(seen(), []);
  t.equal(reader.parsedBytes, 0);
  reader.resume(0);
  t.strictSame(seen(), [1, 2, 3]);
  t.equal(reader.parsedBytes, Buffer.concat(parts).length);
});
