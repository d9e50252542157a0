/** Reading one chunk header (Adobe RTMP specification 5.3.1), and the memory of a chunk stream that it needs. */
import { RtmpProtocolError } from './protocol-error.ts';

/** A 24-bit timestamp of this value says that 32 bits follow. */
export const EXTENDED_TIMESTAMP = 0xffffff;
/** Basic header of 3, message header of 11, extended timestamp of 4 bytes. */
export const MAX_CHUNK_HEADER_BYTES = 18;

const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;

/** What later chunks of one chunk stream leave out because an earlier one said it. */
export interface ChunkStream {
  readonly id: number;
  /** Absolute, modulo 2^32. */
  timestamp: number;
  /** Added to `timestamp` by a message that starts with a type 3 chunk. */
  delta: number;
  /** Did the last chunk of type 0, 1 or 2 carry an extended timestamp? */
  extended: boolean;
  length: number;
  type: number;
  streamId: number;
  /** Is a message unfinished? */
  open: boolean;
  /** Payload bytes of the open message that have come. */
  received: number;
  /** Body of the open message; undefined while it is skipped. */
  body: Buffer | undefined;
}

export function newChunkStream(id: number): ChunkStream {
  return {
    id,
    timestamp: 0,
    delta: 0,
    extended: false,
    length: 0,
    type: 0,
    streamId: 0,
    open: false,
    received: 0,
    body: undefined,
  };
}

/** A basic header. `bytes` is 0 when it is not complete yet. */
export interface BasicHeader {
  format: number;
  chunkStreamId: number;
  bytes: number;
}

/** Reads the basic header at `at` into `into`: 1 byte for ids 2 to 63, 2 up to 319, 3 (low byte first) up to 65,599. */
export function readBasicHeader(bytes: Buffer, at: number, into: BasicHeader): void {
  const first = bytes[at] ?? 0;
  const available = bytes.length - at;
  const id = first & 0x3f;
  into.format = first >> 6;
  into.bytes = id > 1 ? 1 : id + 2;
  if (into.bytes > available) into.bytes = 0;
  else if (id > 1) into.chunkStreamId = id;
  else into.chunkStreamId = 64 + (bytes[at + 1] ?? 0) + (id === 1 ? (bytes[at + 2] ?? 0) * 256 : 0);
}

/** Length of the message header of type 0, 1 or 2 at `at`, extended timestamp included; 0 when it is not complete. */
export function messageHeaderBytes(format: number, bytes: Buffer, at: number): number {
  const fixed = MESSAGE_HEADER_BYTES[format] ?? 0;
  if (at + fixed > bytes.length) return 0;
  const whole = fixed + (bytes.readUIntBE(at, 3) === EXTENDED_TIMESTAMP ? 4 : 0);
  return at + whole > bytes.length ? 0 : whole;
}

/**
 * Takes a complete message header of type 0, 1 or 2 at `at` into the chunk stream: a new message begins.
 *
 * Type 1 as the first chunk of a chunk stream is tolerated (librtmp starts its ping replies so); type 2 cannot be, for
 * it has no length.
 * @throws RtmpProtocolError for a type 2 chunk on a chunk stream that nothing is known of.
 */
export function takeMessageHeader(
  stream: ChunkStream,
  format: number,
  bytes: Buffer,
  at: number,
  known: boolean,
): void {
  if (format === 2 && !known) throw new RtmpProtocolError(`chunk stream ${stream.id} starts with a type 2 chunk`);
  const short = bytes.readUIntBE(at, 3);
  stream.extended = short === EXTENDED_TIMESTAMP;
  const field = stream.extended ? bytes.readUInt32BE(at + (MESSAGE_HEADER_BYTES[format] ?? 0)) : short;
  stream.delta = field;
  stream.timestamp = format === 0 ? field : (stream.timestamp + field) >>> 0;
  if (format === 2) return;
  stream.length = bytes.readUIntBE(at + 3, 3);
  stream.type = bytes[at + 6] ?? 0;
  if (format === 0) stream.streamId = bytes.readUInt32LE(at + 7);
}

/**
 * Does a type 3 chunk repeat the extended timestamp at `at`? The specification wants it (5.3.1.3) and most senders do;
 * old librtmp does not. So the bytes are compared with what the last header said: the field itself (absolute after
 * type 0, a delta after 1 and 2), or the absolute time, which some senders write. Undefined: too few bytes to tell.
 */
export function repeatsTimestamp(stream: ChunkStream, bytes: Buffer, at: number): boolean | undefined {
  const there = Math.min(4, bytes.length - at);
  if (there === 4) {
    const value = bytes.readUInt32BE(at);
    return value === stream.delta || value === stream.timestamp;
  }
  const known = there === 0 ? 0 : bytes.readUIntBE(at, there);
  const dropped = 2 ** (8 * (4 - there));
  const possible = Math.floor(stream.delta / dropped) === known || Math.floor(stream.timestamp / dropped) === known;
  return possible ? undefined : false;
}
