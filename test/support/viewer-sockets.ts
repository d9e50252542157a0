/** Viewers of every kind over real sockets: one that takes everything, one that never reads, one that never answers. */
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { open } from './http-server.ts';

/** Any message, as it came. */
export type Told = Record<string, unknown> & { type: string };

export interface TakingViewer {
  socket: WebSocket;
  told: Told[];
  /** Resolves once a message fits. */
  hears(fits: (message: Told) => boolean): Promise<Told>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface Attach {
  query?: string;
  protocols?: string[];
  autoPong?: boolean;
}

/** A viewer of `talk` that takes everything; attached when this resolves. */
export async function view(
  host: string,
  { query = '', protocols = ['captiond.v2'], autoPong = true }: Attach = {},
): Promise<TakingViewer> {
  const socket = new WebSocket(`ws://${host}/sessions/talk/live${query}`, protocols, { autoPong });
  const told: Told[] = [];
  socket.on('error', () => {});
  socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  const hears = async (fits: (message: Told) => boolean): Promise<Told> => {
    for (;;) {
      const found = told.find(fits);
      if (found !== undefined) return found;
      if (socket.readyState === WebSocket.CLOSED) throw new Error('closed without it');
      await Promise.race([once(socket, 'message'), closed]);
    }
  };
  await once(socket, 'open');
  if (protocols.includes('captiond.v2')) await hears(({ type }) => type === 'session');
  return { socket, told, hears, closed };
}

/** A viewer that shakes hands and then reads nothing, not even the close. */
export async function viewWithoutReading(host: string): Promise<Socket> {
  const socket = open(host);
  const lines = [
    'GET /sessions/talk/live HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: captiond.v2',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  return socket;
}

/** Offsets and texts of the finals, in the order in which they came. */
export function finalsOf(told: readonly Told[]): string[] {
  return told.filter(({ type }) => type === 'transcript_final').map(({ offset, text }) => [offset, text].join(' '));
}
