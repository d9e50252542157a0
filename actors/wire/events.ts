/**
 * The messages of `captiond.v2` as server-sent events (WHATWG HTML, section 9.2): `data:` is the message, `event:` its
 * type, and records carry `id:` `EPOCH:OFFSET`, which a browser sends back as `Last-Event-ID`.
 */
import type { ServerMessage } from './messages.ts';

/** @param json The message as `captiond.v2` has it: one line. */
export function encodeEvent(message: ServerMessage, json: string, epoch: number): Buffer {
  const isRecord = message.type !== 'session' && 'offset' in message;
  const id = isRecord ? `id: ${epoch}:${message.offset}\n` : '';
  return Buffer.from(`${id}event: ${message.type}\ndata: ${json}\n\n`);
}

/** First bytes of a stream: how long a client waits before it comes back, in milliseconds. */
export const streamHead = 'retry: 2000\n\n';
/** How far apart those come back who are sent away together: the server goes down. */
const RESTART_SPREAD_MS = 5_000;

/** Last bytes of a stream that ends because the server goes down. @param random From 0 to below 1. */
export function comeBackLater(random: () => number): string {
  return `retry: ${Math.floor(random() * RESTART_SPREAD_MS)}\n\n`;
}
/** A line that clients skip; it keeps the way open and tells a dead one. */
export const keepAlive: Buffer = Buffer.from(':\n\n');
