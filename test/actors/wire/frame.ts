/** Frames that are made here, read by the WebSocket library. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { countInPong, countingPing, emptyPing, textFrame } from '../../../actors/wire/frame.ts';

/** A client of the library, and the bare stream that the server writes to. */
async function connection() {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [request, stream, head] = (await once(server, 'upgrade')) as Parameters<WebSocketServer['handleUpgrade']>;
  const upgraded = new Promise<WebSocket>((resolve) => sockets.handleUpgrade(request, stream, head, resolve));
  const [accepted] = await Promise.all([upgraded, once(client, 'open')]);
  const close = async (): Promise<void> => {
    client.terminate();
    await once(accepted, 'close');
    server.close();
  };
  return { client, stream, accepted, [Symbol.asyncDispose]: close };
}

void t.test('texts of every length and script arrive as they were, on both sides of each length field', async (t) => {
  await using joined = await connection();
  const received: string[] = [];
  joined.client.on('message', (data: Buffer, isBinary) => received.push(isBinary ? 'binary' : data.toString()));
  const sizes = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 200_000].map((size) => 'x'.repeat(size));
  const strange = fc.sample(fc.string({ unit: 'binary', maxLength: 200 }), { numRuns: 200, seed: 7 });
  const wellFormed = strange.map((text) => text.toWellFormed());
  const sent = [...sizes, 'é'.repeat(63), '日'.repeat(42), '😀'.repeat(20_000), ...wellFormed];
  for (const text of sent) joined.stream.write(textFrame(text));
  while (received.length < sent.length) await once(joined.client, 'message');
  t.strictSame(received, sent);
});

void t.test('a count goes out in a ping and comes back in its pong', async (t) => {
  await using joined = await connection();
  for (const count of [0, 1, 65_536, 2 ** 32, 2 ** 48 - 1]) {
    joined.stream.write(countingPing(count));
    const [payload] = (await once(joined.accepted, 'pong')) as [Buffer];
    t.equal(countInPong(payload), count);
  }
  joined.stream.write(emptyPing);
  const [payload] = (await once(joined.accepted, 'pong')) as [Buffer];
  t.equal(countInPong(payload), undefined, 'an empty one has none');
  t.equal(countInPong(Buffer.from('hello, you')), undefined, 'nor has one that a viewer makes up');
});

void t.test('a frame has its memory for itself', (t) => {
  t.equal(textFrame('short').buffer.byteLength, textFrame('short').length);
  t.end();
});
