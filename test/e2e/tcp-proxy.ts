/** The proxy of the fault tests does what each of its verbs says, to one connection and to all. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { tcpProxy } from '../support/tcp-proxy.ts';
import type { ProxyConnection, TcpProxy } from '../support/tcp-proxy.ts';

interface Rig {
  proxy: TcpProxy;
  /** Of the client's connection. */
  through: ProxyConnection;
  client: Socket;
  /** The server's end of it. */
  peer: Socket;
}

/** A client connected through a proxy to a server that says nothing by itself. */
async function rig(t: Test): Promise<Rig> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const proxy = await tcpProxy((server.address() as AddressInfo).port, { random: () => 0.5 });
  t.teardown(() => proxy[Symbol.asyncDispose]());
  return { proxy, ...(await dial(t, proxy, server)) };
}

async function dial(t: Test, proxy: TcpProxy, server: Server): Promise<Omit<Rig, 'proxy'>> {
  const arrived = once(server, 'connection');
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  const [peer] = (await arrived) as [Socket];
  peer.on('error', () => {});
  t.teardown(() => {
    client.destroy();
    peer.destroy();
  });
  const through = proxy.connections.at(-1);
  if (through === undefined) throw new Error('the proxy has no connection');
  return { client, peer, through };
}

/** Reads so many bytes; returns them with the time that it took. */
async function read(socket: Socket, bytes: number): Promise<{ text: string; tookMs: number; pieces: number[] }> {
  const startMs = performance.now();
  let text = '';
  const pieces: number[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    pieces.push((chunk as Buffer).length);
    if (text.length >= bytes) break;
  }
  return { text, tookMs: performance.now() - startMs, pieces };
}

/** How a socket ends: with its code when it is an error. */
async function endOf(socket: Socket): Promise<string> {
  socket.resume();
  return Promise.race([
    once(socket, 'end').then(() => 'end'),
    new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    }),
  ]);
}

void t.test('without a toxic everything goes through both ways, and each end in order', async (t) => {
  const { client, peer, through } = await rig(t);
  client.write('up');
  t.equal((await read(peer, 2)).text, 'up');
  peer.write('down');
  t.equal((await read(client, 4)).text, 'down');
  t.equal(through.head, 'up');
  client.end('last');
  t.equal((await read(peer, 4)).text, 'last');
  t.equal(await endOf(peer), 'end');
  peer.end();
  t.equal(await endOf(client), 'end');
  await through.closed;
});

void t.test('latency: bytes come later, in their order, and only while it lasts', async (t) => {
  const { client, peer, through } = await rig(t);
  const heal = through.poison({ type: 'latency', latencyMs: 200, jitterMs: 50 }, 'upstream');
  for (let index = 0; index < 10; index += 1) client.write(String(index));
  const slow = await read(peer, 10);
  t.equal(slow.text, '0123456789');
  t.ok(slow.tookMs >= 190 && slow.tookMs < 1_500, `${slow.tookMs} ms for all, not for each`);
  peer.write('back');
  t.ok((await read(client, 4)).tookMs < 150, 'the other direction is as quick as before');
  heal();
  client.write('x');
  t.ok((await read(peer, 1)).tookMs < 150);
});

void t.test('bandwidth: so many bytes a second', async (t) => {
  const { client, peer, proxy } = await rig(t);
  proxy.poison({ type: 'bandwidth', bytesPerSecond: 20_000 }, 'upstream');
  client.write('x'.repeat(10_000));
  const { tookMs } = await read(peer, 10_000);
  t.ok(tookMs >= 420 && tookMs < 2_000, `${tookMs} ms`);
});

void t.test('slicer: small pieces with a pause behind each', async (t) => {
  const { client, peer, through } = await rig(t);
  through.poison({ type: 'slicer', averageBytes: 10, variationBytes: 4, delayMs: 20 });
  client.write('0123456789'.repeat(10));
  const { text, pieces } = await read(peer, 100);
  t.equal(text, '0123456789'.repeat(10));
  t.ok(pieces.length >= 5, `${pieces.length} pieces`);
});

void t.test('slow_close: the end reaches the other side after the delay, what was said before at once', async (t) => {
  const { client, peer, through } = await rig(t);
  through.poison({ type: 'slow_close', delayMs: 300 });
  client.end('bye');
  t.ok((await read(peer, 3)).tookMs < 200);
  const startMs = performance.now();
  t.equal(await endOf(peer), 'end');
  t.ok(performance.now() - startMs >= 250, `${performance.now() - startMs} ms`);
});

void t.test('timeout: nothing goes through, and then both sides are closed', async (t) => {
  const { client, peer, through } = await rig(t);
  const startMs = performance.now();
  through.poison({ type: 'timeout', timeoutMs: 200 });
  client.write('lost');
  let heard = '';
  peer.on('data', (chunk) => (heard += String(chunk)));
  await Promise.all([endOf(client), endOf(peer), through.closed]);
  t.ok(performance.now() - startMs >= 190);
  t.equal(heard, '');
});

void t.test('timeout 0: it hangs without an end; nobody hears of the other end leaving', async (t) => {
  const { client, peer, through } = await rig(t);
  const heal = through.poison({ type: 'timeout', timeoutMs: 0 });
  client.write('held');
  let heard = '';
  peer.on('data', (chunk) => (heard += String(chunk)));
  let isPeerTold = false;
  peer.on('end', () => (isPeerTold = true)).on('close', () => (isPeerTold = true));
  client.resetAndDestroy();
  await once(client, 'close');
  await t.rejects(Promise.race([through.closed, deadline(300)]), /deadline/);
  t.strictSame([heard, isPeerTold], ['', false]);
  peer.end();
  await through.targetLeft;
  heal();
  await through.closed;
});

void t.test('timeout 0, healed: what was held goes on without a hole', async (t) => {
  const { client, peer, through } = await rig(t);
  client.write('a');
  await read(peer, 1);
  const heal = through.poison({ type: 'timeout', timeoutMs: 0 }, 'upstream');
  client.write('b');
  await t.rejects(Promise.race([once(peer, 'data'), deadline(150)]), /deadline/);
  heal();
  client.write('c');
  t.equal((await read(peer, 2)).text, 'bc');
});

void t.test('limit_data: the connection ends after so many bytes', async (t) => {
  const { client, peer, proxy } = await rig(t);
  proxy.poison({ type: 'limit_data', bytes: 5 }, 'upstream');
  client.write('123');
  t.equal((await read(peer, 3)).text, '123');
  client.write('45678');
  t.equal((await read(peer, 2)).text, '45');
  await Promise.all([endOf(peer), endOf(client)]);
});

void t.test('reset_peer: both sides are reset after the time', async (t) => {
  const { client, peer, through } = await rig(t);
  const startMs = performance.now();
  through.poison({ type: 'reset_peer', timeoutMs: 150 });
  t.strictSame(await Promise.all([endOf(client), endOf(peer)]), ['ECONNRESET', 'ECONNRESET']);
  t.ok(performance.now() - startMs >= 140);
  t.equal(await through.closed, 'proxy');
});

void t.test('a reset of one side is a reset of the other, and it is known who began', async (t) => {
  const { client, peer, through } = await rig(t);
  client.resetAndDestroy();
  t.equal(await endOf(peer), 'ECONNRESET');
  t.equal(await through.closed, 'client');
});

void t.test('down refuses and cuts, up listens on the same port', async (t) => {
  const { client, peer, proxy } = await rig(t);
  const { port } = proxy;
  const ended = Promise.all([endOf(client), endOf(peer)]);
  await proxy.down();
  await ended;
  const refused = connect(port, '127.0.0.1');
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'ECONNREFUSED');
  await proxy.up();
  t.equal(proxy.port, port);
  const again = connect(port, '127.0.0.1');
  await once(again, 'connect');
  again.destroy();
});

function deadline(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('deadline')), ms);
  });
}
