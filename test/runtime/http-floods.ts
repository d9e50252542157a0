/**
 * Peers that want places, time or memory, against the HTTP side in a process of its own: those who were there get every
 * final in time, memory is bounded, whoever comes from elsewhere gets in, and everything is given back.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { HttpTiming } from '../../runtime/http/listener.ts';
import type { FloodReport } from '../support/flood-server.ts';

t.setTimeout(240_000);

const MEBIBYTE = 1_048_576;
/** What a flood may cost the server's process while it lasts. */
const COST_MAX_BYTES = 96 * MEBIBYTE;
/** A final that takes longer from the session to a viewer is late; the viewers share this process with the flood. */
const LATE_MS = 3_000;
const VIEWERS = 20;
const timing: HttpTiming = {
  headersTimeoutMs: 1_500,
  requestTimeoutMs: 2_000,
  idleTimeoutMs: 1_500,
  checkIntervalMs: 250,
};

async function startServer() {
  const env = { ...process.env, TIMING: JSON.stringify(timing) };
  const child = fork(new URL('../support/flood-server.ts', import.meta.url), { env, execArgv: ['--expose-gc'] });
  const [{ host }] = (await once(child, 'message')) as [{ host: string }];
  const [name = '', port = ''] = host.split(':');
  return {
    host,
    dial: (localAddress = '127.0.0.1') =>
      connect({ host: name, port: Number(port), localAddress }).on('error', () => {}),
    report: async () => {
      child.send('report');
      return ((await once(child, 'message')) as [FloodReport])[0];
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** A viewer that notes how late each final is, and whether one is missing. */
async function watch(host: string, localAddress = '127.0.0.1') {
  const socket = new WebSocket(`ws://${host}/sessions/talk/live`, 'captiond.v2', { localAddress });
  const seen = { finals: 0, worstMs: 0, missing: 0, last: 0 };
  socket.on('error', () => {});
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; offset: number; text: string };
    if (message.type !== 'transcript_final') return;
    if (seen.last > 0) seen.missing += message.offset - seen.last - 1;
    seen.last = message.offset;
    seen.finals += 1;
    seen.worstMs = Math.max(seen.worstMs, Date.now() - Number(message.text));
  });
  await once(socket, 'open');
  return { socket, seen };
}

/** Runs `flood` beside viewers and holds it to its promises; how the server was at its height. */
async function beside(t: Test, server: Server, flood: () => Promise<() => Promise<void>>): Promise<FloodReport> {
  const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => watch(server.host)));
  await pause(500);
  const before = await server.report();
  const end = await flood();
  const during = await server.report();
  const newcomer = await watch(server.host, '127.0.0.2');
  await pause(500);
  t.ok(newcomer.seen.finals > 0, 'a viewer from elsewhere gets in meanwhile');
  await end();
  const cost = during.rss - before.rss;
  t.ok(cost < COST_MAX_BYTES, `it costs ${Math.round(cost / MEBIBYTE)} MiB`);
  for (const { seen, socket } of viewers) {
    if (seen.missing > 0 || seen.worstMs > LATE_MS) t.fail(`${seen.missing} missing, ${seen.worstMs} ms late`);
    socket.terminate();
  }
  t.pass(`worst of ${VIEWERS} viewers: ${Math.max(...viewers.map(({ seen }) => seen.worstMs))} ms`);
  newcomer.socket.terminate();
  await givenBack(t, server);
  t.equal(during.errors, 0, 'no error in the log');
  return during;
}

/** Waits until no connection and no viewer is left. */
async function givenBack(t: Test, server: Server): Promise<void> {
  for (let look = 0; look < 100; look += 1) {
    const { sockets, viewers } = await server.report();
    if (sockets === 0 && viewers === 0) return void t.pass('everything is given back');
    await pause(100);
  }
  t.fail(`left: ${JSON.stringify(await server.report())}`);
}

/** However they end, a reset included. */
async function allClosed(sockets: readonly Socket[]): Promise<void> {
  const closed = (socket: Socket) =>
    socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
  await Promise.all(sockets.map(closed));
}

const server = await startServer();
t.teardown(() => server[Symbol.asyncDispose]());

void t.test('10,000 connections of one address that say nothing', async (t) => {
  const { limits, sockets } = await beside(t, server, async () => {
    const held: Socket[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const dialled = Array.from({ length: 500 }, () => server.dial());
      await Promise.all(dialled.map((socket) => once(socket, 'connect').catch(() => {})));
      held.push(...dialled.filter(({ destroyed }) => !destroyed));
    }
    return async () => {
      for (const socket of held) socket.destroy();
    };
  });
  t.ok(sockets <= 1_000 + VIEWERS + 1, `${sockets} sockets at the most`);
  t.ok((limits.http_connections_per_address ?? 0) > 5_000, `${limits.http_connections_per_address} were turned away`);
});

void t.test('slow headers: a byte now and then buys no time', async (t) => {
  const upgrade =
    'GET /sessions/talk/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  await beside(t, server, async () => {
    const sockets = Array.from({ length: 600 }, () => server.dial());
    for (const [index, socket] of sockets.entries()) socket.write(index % 2 === 0 ? 'GET / HTTP/1.1\r\n' : upgrade);
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('X');
    }, 200);
    return async () => {
      for (const socket of sockets) socket.resume();
      await allClosed(sockets);
      clearInterval(drip);
    };
  });
  const { limits } = await server.report();
  t.ok((limits.http_request_time ?? 0) >= 600, `${limits.http_request_time} were cut`);
});

void t.test('answers that nobody reads are cut', async (t) => {
  const idle = async (): Promise<number> => (await server.report()).limits.http_idle_time ?? 0;
  const before = await idle();
  const asked = 'GET /assets/web/watch.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(400);
  await beside(t, server, async () => {
    const sockets = Array.from({ length: 50 }, () => server.dial());
    for (const socket of sockets) socket.pause().write(asked);
    await pause(1_000);
    return async () => {
      for (let look = 0; look < 100 && (await idle()) < before + 50; look += 1) await pause(100);
      for (const socket of sockets) socket.destroy();
    };
  });
  t.ok((await idle()) >= before + 50, `${(await idle()) - before} were cut`);
});

const handshake = [
  'GET /sessions/talk/live?partials=0 HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

/** Viewers that shake hands by hand and take what they are sent. */
async function rawViewers(count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => server.dial());
  for (const socket of sockets) socket.write(`${handshake}\r\n\r\n`);
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  for (const socket of sockets) socket.resume();
  return sockets;
}

void t.test('messages in fragments without an end', async (t) => {
  // Masked text without FIN, then masked continuations without FIN, a byte each.
  const first = Buffer.from('01810000000061', 'hex');
  const more = Buffer.alloc(7 * 1_000, Buffer.from('00810000000061', 'hex'));
  await beside(t, server, async () => {
    const sockets = await rawViewers(100);
    for (const socket of sockets) socket.write(Buffer.concat([first, more]));
    return () => allClosed(sockets);
  });
  t.ok(((await server.report()).limits.viewer_fragments ?? 0) >= 100);
});

void t.test('a frame that comes byte by byte', async (t) => {
  // A masked text of 16,000 bytes is announced.
  const head = Buffer.from('81fe3e8000000000', 'hex');
  await beside(t, server, async () => {
    const sockets = (await rawViewers(100)).map((socket) => socket.setNoDelay(true));
    for (const socket of sockets) socket.write(head);
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('a');
    }, 5);
    return async () => {
      await allClosed(sockets);
      clearInterval(drip);
    };
  });
});

void t.test('messages and pings without a pause, of a hundred viewers', async (t) => {
  const ping = Buffer.alloc(6 * 2_000, Buffer.from('898000000000', 'hex'));
  await beside(t, server, async () => {
    const sockets = await rawViewers(100);
    for (const socket of sockets) socket.write(ping);
    return () => allClosed(sockets);
  });
  t.ok(((await server.report()).limits.viewer_messages ?? 0) >= 100);
});

void t.test('frames that announce more than a message may have', async (t) => {
  await beside(t, server, async () => {
    const sockets = await rawViewers(100);
    for (const socket of sockets) socket.write(Buffer.from('81ff0000000040000000deadbeef', 'hex'));
    return () => allClosed(sockets);
  });
  t.ok(((await server.report()).limits.viewer_message_bytes ?? 0) >= 100);
});
