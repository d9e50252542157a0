/** Messages whose timestamps need 32 bits, which a server never sends (Adobe RTMP specification 5.3.1.3). */
import { encodeMessage } from '../../actors/rtmp/chunk-writer.ts';
import type { OutgoingMessage } from '../../actors/rtmp/chunk-writer.ts';

/** A timestamp from here on is told in four bytes more, in every chunk. */
export const EXTENDED = 0xffffff;
const HEADER_BYTES = 12;

/** The bytes of a message with a timestamp from `EXTENDED` on. */
export function encodeExtended(message: OutgoingMessage & { timestamp: number }, chunkSize: number): Buffer {
  const { chunkStreamId, body, timestamp } = message;
  const header = encodeMessage({ ...message, timestamp: EXTENDED }, chunkSize).subarray(0, HEADER_BYTES);
  const extended = Buffer.alloc(4);
  extended.writeUInt32BE(timestamp);
  const parts = [header, extended, body.subarray(0, chunkSize)];
  for (let at = chunkSize; at < body.length; at += chunkSize) {
    parts.push(Buffer.of(0xc0 | chunkStreamId), extended, body.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}
