/** WebSocket frames as a server sends them: unmasked and whole (RFC 6455, section 5.2). */

const FIN_TEXT = 0x81;
const FIN_PING = 0x89;
/** Payload lengths up to this stand in the first byte pair, up to the next in two more bytes, else in eight. */
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;
const MEDIUM = 126;
const LONG = 127;
/** Byte counts in pings: more than any connection will ever carry. */
const COUNT_BYTES = 6;

/** A text message as one frame, in memory of its own: a slow viewer that holds it pins nothing else. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headBytes = length <= SHORT_MAX ? 2 : length <= MEDIUM_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(headBytes + length);
  frame[0] = FIN_TEXT;
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = MEDIUM;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LONG;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headBytes);
  return frame;
}

/** A ping that carries how many bytes went before it; its pong brings the count back. */
export function countingPing(bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(2 + COUNT_BYTES);
  frame[0] = FIN_PING;
  frame[1] = COUNT_BYTES;
  frame.writeUIntBE(bytes, 2, COUNT_BYTES);
  return frame;
}

/** The count in a pong; undefined when it is not the answer to such a ping. */
export function countInPong(payload: Buffer): number | undefined {
  return payload.length === COUNT_BYTES ? payload.readUIntBE(0, COUNT_BYTES) : undefined;
}

/** A ping that carries nothing. */
export const emptyPing: Buffer = Buffer.from([FIN_PING, 0]);
