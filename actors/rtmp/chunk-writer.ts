/** Messages out: one message in chunks (Adobe RTMP specification 5.3), and the bodies of control messages (5.4, 7.1.7). */
import { MessageType } from './message-types.ts';

/** Chunk streams on which a server speaks. */
export const ChunkStreamId = { control: 2, command: 3, stream: 5 } as const;

/** A message to be sent. `timestamp` is 0 unless given; below 0xFFFFFF. */
export interface OutgoingMessage {
  chunkStreamId: number;
  type: number;
  streamId: number;
  timestamp?: number;
  body: Buffer;
}

/** The bytes of a message: one chunk of type 0, then chunks of type 3. `chunkStreamId` is 2 to 63. */
export function encodeMessage(message: OutgoingMessage, chunkSize: number): Buffer {
  const { chunkStreamId, body } = message;
  const header = Buffer.alloc(12);
  header[0] = chunkStreamId;
  header.writeUIntBE(message.timestamp ?? 0, 1, 3);
  header.writeUIntBE(body.length, 4, 3);
  header[7] = message.type;
  header.writeUInt32LE(message.streamId, 8);
  const parts = [header, body.subarray(0, chunkSize)];
  for (let at = chunkSize; at < body.length; at += chunkSize) {
    parts.push(Buffer.of(0xc0 | chunkStreamId), body.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

function control(type: number, body: Buffer): OutgoingMessage {
  return { chunkStreamId: ChunkStreamId.control, type, streamId: 0, body };
}

function uint32(value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(value >>> 0);
  return body;
}

/** `receivedBytes` counts from the first byte of the handshake and wraps at 2^32 (5.4.3). */
export function acknowledgement(receivedBytes: number): OutgoingMessage {
  return control(MessageType.acknowledgement, uint32(receivedBytes % 2 ** 32));
}

export function setChunkSize(bytes: number): OutgoingMessage {
  return control(MessageType.setChunkSize, uint32(bytes));
}

export function windowAckSize(bytes: number): OutgoingMessage {
  return control(MessageType.windowAckSize, uint32(bytes));
}

/** Limit type 2, "dynamic" (5.4.5). */
export function setPeerBandwidth(bytes: number): OutgoingMessage {
  return control(MessageType.setPeerBandwidth, Buffer.concat([uint32(bytes), Buffer.of(2)]));
}

/** User control events that this listener sends or answers (7.1.7). */
export const UserControl = { streamBegin: 0, pingRequest: 6, pingResponse: 7 } as const;

/** A user control event with its 32-bit value: a message stream id, or the time of a ping. */
export function userControl(event: number, value: number): OutgoingMessage {
  const body = Buffer.alloc(6);
  body.writeUInt16BE(event);
  body.writeUInt32BE(value >>> 0, 2);
  return control(MessageType.userControl, body);
}
