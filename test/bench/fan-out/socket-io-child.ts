/** Socket.IO as its guide has it: a room for each session. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { childOptions, takeMessages } from './child.ts';
import { loadSocketIo } from './peers.ts';

/** As much of Socket.IO as is used here; its own types come with it, and it is not always installed. */
interface SocketIo {
  Server: new (
    server: Server,
    options: object,
  ) => {
    on(event: 'connection', listener: (socket: Viewer) => void): void;
    to(room: string): { emit(event: string, message: unknown): void };
  };
}

interface Viewer {
  handshake: { query: Record<string, string | undefined> };
  join(room: string): void;
}

const { heartbeatMs, peers } = childOptions();
const { Server: SocketServer } = loadSocketIo(peers) as SocketIo;
const server = createServer();
const io = new SocketServer(server, { pingInterval: heartbeatMs, transports: ['websocket'] });
io.on('connection', (socket) => socket.join(socket.handshake.query['s'] ?? ''));

server.listen(0, '127.0.0.1');
await once(server, 'listening');
await takeMessages((server.address() as AddressInfo).port, (session, message) => {
  io.to(session).emit('transcript', message);
});
