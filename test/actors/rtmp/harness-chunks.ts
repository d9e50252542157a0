/** Chunks written down field by field (Adobe RTMP specification 5.3.1), and what a reader makes of them. */
import { ChunkReader } from '../../../actors/rtmp/chunks.ts';
import type { RtmpMessage } from '../../../actors/rtmp/chunks.ts';
import { defaultRtmpLimits } from '../../../actors/rtmp/limits.ts';
import type { RtmpLimits } from '../../../actors/rtmp/limits.ts';

/** What one chunk says. Fields that its format does not carry are not written. */
export interface ChunkFields {
  format: 0 | 1 | 2 | 3;
  id: number;
  /** The 24-bit field: absolute in format 0, a delta in formats 1 and 2. */
  time?: number;
  /** Four more bytes of time, where an extended timestamp stands. */
  extended?: number;
  /** Of the message; the payload's unless given. */
  length?: number;
  type?: number;
  streamId?: number;
  payload?: Buffer;
}

export function chunk(fields: ChunkFields): Buffer {
  const payload = fields.payload ?? Buffer.alloc(0);
  const header = Buffer.alloc(11);
  header.writeUIntBE(fields.time ?? 0, 0, 3);
  header.writeUIntBE(fields.length ?? payload.length, 3, 3);
  header[6] = fields.type ?? 8;
  header.writeUInt32LE(fields.streamId ?? 1, 7);
  const carried = header.subarray(0, [11, 7, 3, 0][fields.format]);
  return Buffer.concat([basicHeader(fields), carried, uint32(fields.extended), payload]);
}

function basicHeader({ format, id }: ChunkFields): Buffer {
  if (id < 64) return Buffer.of((format << 6) | id);
  if (id < 320) return Buffer.of(format << 6, id - 64);
  return Buffer.of((format << 6) | 1, (id - 64) % 256, Math.floor((id - 64) / 256));
}

function uint32(value: number | undefined): Buffer {
  const bytes = Buffer.alloc(value === undefined ? 0 : 4);
  if (value !== undefined) bytes.writeUInt32BE(value);
  return bytes;
}

/** A message of 4 bytes that sets the sender's chunk size. */
export function setChunkSize(size: number): Buffer {
  return chunk({ format: 0, id: 2, type: 1, streamId: 0, payload: uint32(size) });
}

/** A message that drops what chunk stream `id` has begun. */
export function abortMessage(id: number): Buffer {
  return chunk({ format: 0, id: 2, type: 2, streamId: 0, payload: uint32(id) });
}

export interface Reading {
  reader: ChunkReader;
  messages: RtmpMessage[];
  /** Type and length of what passed without being collected. */
  skipped: [number, number][];
}

export function newReading(limits: Partial<RtmpLimits> = {}): Reading {
  const messages: RtmpMessage[] = [];
  const skipped: Reading['skipped'] = [];
  const consumer = {
    message: (message: RtmpMessage) => void messages.push(message),
    skipped: (type: number, lengthBytes: number) => void skipped.push([type, lengthBytes]),
  };
  return { reader: new ChunkReader(consumer, { ...defaultRtmpLimits, ...limits }), messages, skipped };
}

/** Reads all of `parts` at once. */
export function read(parts: Buffer[], limits: Partial<RtmpLimits> = {}): Reading {
  const reading = newReading(limits);
  reading.reader.push(Buffer.concat(parts), 0);
  return reading;
}

/** Timestamps of the messages in `parts`, which must be the same however the bytes are cut. */
export function timestampsOf(parts: Buffer[]): number[] {
  const bytewise = newReading();
  for (const byte of Buffer.concat(parts)) bytewise.reader.push(Buffer.of(byte), 0);
  const timestamps = read(parts).messages.map((message) => message.timestamp);
  if (String(bytewise.messages.map((message) => message.timestamp)) !== String(timestamps)) {
    throw new Error(`cut differently: ${String(timestamps)}`);
  }
  return timestamps;
}
