/** WebSocket handshakes of the simulated Gladia: who may connect to which session, and what goes wrong with it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import type { HandshakeFault } from './faults.ts';
import type { House, Room } from './house.ts';

export interface Dial {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

export function shakeHands(house: House, upgrades: WebSocketServer, dial: Dial): void {
  const token = new URL(dial.request.url ?? '/', house.url).searchParams.get('token');
  const room = house.rooms.find(({ session }) => session.token === token);
  const fault = house.faults.handshake.shift();
  house.journal.note('dial', room?.session.id);
  dial.socket.on('error', () => {});
  if (fault?.hang === true) return;
  if (fault?.reset === true) return void dial.socket.destroy();
  const go = (): void => decide(house, upgrades, { ...dial, room, fault });
  if (fault?.delayMs === undefined) return go();
  const timer = setTimeout(go, fault.delayMs);
  dial.socket.once('close', () => clearTimeout(timer));
}

interface Known extends Dial {
  room: Room | undefined;
  fault: HandshakeFault | undefined;
}

function decide(house: House, upgrades: WebSocketServer, { request, socket, head, room, fault }: Known): void {
  const { options, faults } = house;
  const isEnded = room?.session.state === 'ended';
  const status = fault?.status ?? (isEnded && options.endedMode === 'http_403' ? 403 : undefined);
  if (room === undefined || status !== undefined) {
    const line = `HTTP/1.1 ${status ?? options.unknownTokenStatus} Refused`;
    return void socket.end(`${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }
  upgrades.handleUpgrade(request, socket, head, (client) => {
    const code = isEnded ? 4403 : (faults.afterOpen.shift() ?? faults.afterOpenAlways);
    if (code === undefined) return connect(house, room, client);
    client.on('error', () => {});
    client.close(code);
  });
}

function connect({ options, faults, journal }: House, room: Room, client: WebSocket): void {
  const { session, lifetime } = room;
  if (room.connection?.isDeaf === false) journal.note('violation', session.id, { what: 'two sockets on one session' });
  const connection = new Connection(client, session, {
    ...{ options, faults, lifetime },
    note: (type, details) => journal.note(type, session.id, details),
  });
  room.connection = connection;
  journal.note('open', session.id);
  lifetime.attach();
  client.on('close', (code) => {
    journal.note('closed', session.id, { code });
    if (room.connection !== connection) return;
    room.connection = undefined;
    session.listener = undefined;
    lifetime.left(code, connection.isLeft);
  });
  session.attach(connection);
  if (options.startSession) session.say({ type: 'start_session' });
}
