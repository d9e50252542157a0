/** What most people write: a loop over the sockets of `ws`, and each viewer's own JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { childOptions, takeMessages } from './child.ts';

const { heartbeatMs } = childOptions();
const viewers = new Map<string, Set<WebSocket>>();
const server = createServer();

new WebSocketServer({ server }).on('connection', (socket, { url }) => {
  const session = new URL(url ?? '', 'http://127.0.0.1').searchParams.get('s') ?? '';
  const others = viewers.get(session) ?? new Set();
  viewers.set(session, others.add(socket));
  let isAlive = true;
  const pings = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, heartbeatMs);
  socket.on('pong', () => (isAlive = true));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(pings);
    others.delete(socket);
  });
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');
await takeMessages((server.address() as AddressInfo).port, (session, message) => {
  for (const socket of viewers.get(session) ?? []) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }
});
