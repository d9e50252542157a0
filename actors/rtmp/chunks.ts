/**
 * The chunk layer (Adobe RTMP specification 5.3): bytes of a connection in, messages out.
 *
 * Memory is bounded by what is *announced*, not by what has come: bodies of collected messages count with their full
 * length from their first chunk on, and video is counted down without being kept. Bodies are copies, so that none keeps
 * a socket's 64 kB read buffer alive.
 */
import {
  MAX_CHUNK_HEADER_BYTES,
  messageHeaderBytes,
  newChunkStream,
  readBasicHeader,
  repeatsTimestamp,
  takeMessageHeader,
} from './chunk-header.ts';
import type { BasicHeader, ChunkStream } from './chunk-header.ts';
import type { RtmpLimits } from './limits.ts';
import { MessageType, policyOf } from './message-types.ts';
import { RtmpProtocolError } from './protocol-error.ts';

const DEFAULT_CHUNK_SIZE = 128;
const MAX_CHUNK_SIZE = 0x7fffffff;
/** Longest message that a header can announce; a larger chunk size changes nothing. */
const MAX_MESSAGE_BYTES = 0xffffff;
const BUDGET_PERIOD_MS = 1000;
const NOTHING = Buffer.alloc(0);

/** A whole message. `body` belongs to the receiver. */
export interface RtmpMessage {
  type: number;
  /** Message stream id. */
  streamId: number;
  /** Milliseconds modulo 2^32. */
  timestamp: number;
  body: Buffer;
}

/** Where a reader puts what it has read. Called during `push`. */
export interface ChunkConsumer {
  message(message: RtmpMessage): void;
  /** A message that is not collected (video, data, unknown) has passed. */
  skipped(type: number, lengthBytes: number): void;
}

export class ChunkReader {
  readonly #consumer: ChunkConsumer;
  readonly #limits: RtmpLimits;
  readonly #streams = new Map<number, ChunkStream>();
  readonly #header: BasicHeader = { format: 0, chunkStreamId: 0, bytes: 0 };
  #rest: Buffer = NOTHING;
  /** The chunk whose payload comes next, and how much of it is missing. */
  #current: ChunkStream | undefined;
  #payloadLeft = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #unfinishedBytes = 0;
  #maxUnfinishedBytes: number;
  #parsedBytes = 0;
  #shortChunks = 0;
  #periodStartMs = -Infinity;
  #suspended = false;

  constructor(consumer: ChunkConsumer, limits: RtmpLimits) {
    this.#consumer = consumer;
    this.#limits = limits;
    this.#maxUnfinishedBytes = limits.maxUnfinishedBytes;
  }

  /** Bytes parsed so far. What waits behind a suspension is not among them. */
  get parsedBytes(): number {
    return this.#parsedBytes;
  }

  /** Announced bytes of the messages that are being collected. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /** Bytes that have come and are not parsed: part of a header, or what waits behind a suspension. */
  get waitingBytes(): number {
    return this.#rest.length;
  }

  /** From the next message on, `maxBytes` instead of the limit's `maxUnfinishedBytes`. */
  boundUnfinished(maxBytes: number): void {
    this.#maxUnfinishedBytes = maxBytes;
  }

  /** Parse nothing further, not even the rest of the segment in work, until `resume`. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Parse what waited. `nowMs` as for `push`. */
  resume(nowMs: number): void {
    this.#suspended = false;
    this.push(NOTHING, nowMs);
  }

  /**
   * Takes the next bytes of the connection. `nowMs` is a monotonic clock.
   * @throws RtmpProtocolError when the bytes cannot be RTMP or exceed a limit; the reader is of no use afterwards.
   */
  push(segment: Buffer, nowMs: number): void {
    if (nowMs - this.#periodStartMs >= BUDGET_PERIOD_MS) {
      this.#periodStartMs = nowMs;
      this.#shortChunks = 0;
    }
    const bytes = this.#rest.length === 0 ? segment : Buffer.concat([this.#rest, segment]);
    const end = this.#suspended ? 0 : this.#parse(bytes);
    const left = bytes.length - end;
    this.#rest = left < MAX_CHUNK_HEADER_BYTES ? Buffer.from(bytes.subarray(end)) : bytes.subarray(end);
  }

  /** Returns where it stopped: at the end, before an incomplete header, or behind the message that suspended it. */
  #parse(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.#suspended) {
      const before = at;
      at = this.#current === undefined ? this.#readHeader(bytes, at) : this.#readPayload(this.#current, bytes, at);
      if (at === before) break;
      this.#parsedBytes += at - before;
    }
    return at;
  }

  /** Returns the position behind the header, or `at` when it is not complete. */
  #readHeader(bytes: Buffer, at: number): number {
    const header = this.#header;
    readBasicHeader(bytes, at, header);
    if (header.bytes === 0) return at;
    const body = at + header.bytes;
    const known = this.#streams.get(header.chunkStreamId);
    if (header.format === 3) {
      if (known === undefined) throw new RtmpProtocolError(`chunk stream ${header.chunkStreamId} starts with type 3`);
      return this.#continue(known, bytes, at, body);
    }
    const length = messageHeaderBytes(header.format, bytes, body);
    if (length === 0) return at;
    const stream = known ?? this.#addStream(header.chunkStreamId);
    this.#abandon(stream);
    takeMessageHeader(stream, header.format, bytes, body, known !== undefined);
    this.#beginMessage(stream);
    this.#beginChunk(stream);
    return body + length;
  }

  /** A type 3 chunk: more of the open message, or a new one just like the last. */
  #continue(stream: ChunkStream, bytes: Buffer, at: number, body: number): number {
    const repeated = stream.extended ? repeatsTimestamp(stream, bytes, body) : false;
    if (repeated === undefined) return at;
    if (!stream.open) {
      stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
      this.#beginMessage(stream);
    }
    this.#beginChunk(stream);
    return repeated ? body + 4 : body;
  }

  #addStream(id: number): ChunkStream {
    if (this.#streams.size >= this.#limits.maxChunkStreams) {
      throw new RtmpProtocolError(`more than ${this.#limits.maxChunkStreams} chunk streams`, 'rtmp_chunk_streams');
    }
    const stream = newChunkStream(id);
    this.#streams.set(id, stream);
    return stream;
  }

  #beginMessage(stream: ChunkStream): void {
    const { maxBytes, collect } = policyOf(stream.type, this.#limits);
    if (stream.length > maxBytes) {
      const what = `message of type ${stream.type} with ${stream.length} bytes, at most ${maxBytes}`;
      throw new RtmpProtocolError(what, 'rtmp_message_bytes');
    }
    if (collect) {
      this.#unfinishedBytes += stream.length;
      if (this.#unfinishedBytes > this.#maxUnfinishedBytes) {
        const what = `more than ${this.#maxUnfinishedBytes} bytes of unfinished messages`;
        throw new RtmpProtocolError(what, 'rtmp_unfinished_bytes');
      }
      stream.body = Buffer.allocUnsafe(stream.length);
    }
    stream.open = true;
    stream.received = 0;
  }

  #beginChunk(stream: ChunkStream): void {
    this.#payloadLeft = Math.min(this.#chunkSize, stream.length - stream.received);
    this.#current = stream;
    const { shortChunkBytes, maxShortChunksPerSecond } = this.#limits;
    if (this.#payloadLeft < shortChunkBytes && ++this.#shortChunks > maxShortChunksPerSecond) {
      const what = `more than ${maxShortChunksPerSecond} chunks below ${shortChunkBytes} bytes a second`;
      throw new RtmpProtocolError(what, 'rtmp_short_chunks');
    }
    if (this.#payloadLeft === 0) this.#endChunk(stream);
  }

  #readPayload(stream: ChunkStream, bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#payloadLeft, bytes.length);
    stream.body?.set(bytes.subarray(at, end), stream.received);
    stream.received += end - at;
    this.#payloadLeft -= end - at;
    if (this.#payloadLeft === 0) this.#endChunk(stream);
    return end;
  }

  #endChunk(stream: ChunkStream): void {
    this.#current = undefined;
    if (stream.received < stream.length) return;
    const { body, type, streamId, timestamp, length } = stream;
    this.#abandon(stream);
    if (body === undefined) this.#consumer.skipped(type, length);
    else if (type === MessageType.setChunkSize) this.#setChunkSize(body);
    else if (type === MessageType.abort) this.#abort(body);
    else this.#consumer.message({ type, streamId, timestamp, body });
  }

  /** Forgets the open message, if there is one. */
  #abandon(stream: ChunkStream): void {
    if (stream.body !== undefined) this.#unfinishedBytes -= stream.length;
    stream.body = undefined;
    stream.open = false;
  }

  /** 5.4.1. A body too short to hold the size is ignored. The first bit must be zero. */
  #setChunkSize(body: Buffer): void {
    if (body.length < 4) return;
    const size = body.readUInt32BE(0);
    if (size < 1 || size > MAX_CHUNK_SIZE) throw new RtmpProtocolError(`chunk size ${size}`);
    this.#chunkSize = Math.min(size, MAX_MESSAGE_BYTES);
  }

  /** 5.4.2. */
  #abort(body: Buffer): void {
    const stream = body.length < 4 ? undefined : this.#streams.get(body.readUInt32BE(0));
    if (stream !== undefined) this.#abandon(stream);
  }
}
