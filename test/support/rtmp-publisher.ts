/**
 * A small RTMP publisher inside the test's process.
 *
 *     const publisher = await publishRtmp({ port, name: 'talk' });   // rejects with RtmpRefused when it is refused
 *     publisher.sendAudio(aacSequenceHeader, 0);
 *     publisher.sendAudio(aacFrame, 21);
 *     await publisher.close();      // goodbye as ffmpeg says it: FCUnpublish, deleteStream, FIN
 *     publisher.abort();            // or without a word: TCP reset
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { encodeAmf0 } from '../../actors/rtmp/amf0-encode.ts';
import { decodeAmf0 } from '../../actors/rtmp/amf0.ts';
import type { Amf0Value } from '../../actors/rtmp/amf0.ts';
import { encodeMessage } from '../../actors/rtmp/chunk-writer.ts';
import { ChunkReader } from '../../actors/rtmp/chunks.ts';
import type { RtmpMessage } from '../../actors/rtmp/chunks.ts';
import { defaultRtmpLimits } from '../../actors/rtmp/limits.ts';
import { MessageType } from '../../actors/rtmp/message-types.ts';
import { dial } from './dial.ts';
import type { Place } from './dial.ts';
import { encodeExtended, EXTENDED } from './extended-message.ts';

const HANDSHAKE_BYTES = 1536;
const SERVER_HELLO_BYTES = 1 + 2 * HANDSHAKE_BYTES;
const ANSWER_MS = 10_000;
const CHUNK_SIZE = 128;
const COMMAND_CHUNK_STREAM = 3;
const AUDIO_CHUNK_STREAM = 4;
const VIDEO_CHUNK_STREAM = 6;

/** AAC-LC, 48 kHz, stereo: an AUDIODATA body with the AudioSpecificConfig. */
export const aacSequenceHeader: Buffer = Buffer.from('af001190', 'hex');
/** An AAC-LC frame of silence for `aacSequenceHeader`: 1024 samples, 21.3 ms. */
export const aacSilence: Buffer = Buffer.from('af01211004608c1c', 'hex');

/** C0, C1 and, blindly, C2. */
export const clientHandshake: Buffer = Buffer.concat([Buffer.of(3), Buffer.alloc(2 * HANDSHAKE_BYTES)]);

/** `onStatus` as it came. */
export interface RtmpStatus {
  level: string;
  code: string;
  description: string;
}

/** The server answered `publish` with an error. */
export class RtmpRefused extends Error {
  readonly status: RtmpStatus;

  constructor(status: RtmpStatus) {
    super(`${status.code}: ${status.description}`);
    this.name = 'RtmpRefused';
    this.status = status;
  }
}

export interface PublishOptions extends Place {
  /** `live` unless given; may hold a query. */
  app?: string;
  /** Stream name; may hold a query. */
  name: string;
}

/** The bytes of a command message: of NetConnection for the first commands, of message stream 1 for `publish`. */
export function commandBytes(...values: Amf0Value[]): Buffer {
  const streamId = values[0] === 'publish' ? 1 : 0;
  const message = { chunkStreamId: COMMAND_CHUNK_STREAM, type: MessageType.commandAmf0, streamId };
  return encodeMessage({ ...message, body: encodeAmf0(...values) }, CHUNK_SIZE);
}

/** The bytes of a message of stream 1 in chunks of 128, on the chunk stream that fits its type. */
export function messageBytes(type: number, body: Buffer, timestamp = 0): Buffer {
  const media: Record<number, number> = {
    [MessageType.audio]: AUDIO_CHUNK_STREAM,
    [MessageType.video]: VIDEO_CHUNK_STREAM,
  };
  const chunkStreamId = media[type] ?? COMMAND_CHUNK_STREAM;
  const message = { chunkStreamId, type, streamId: 1, timestamp, body };
  return timestamp < EXTENDED ? encodeMessage(message, CHUNK_SIZE) : encodeExtended(message, CHUNK_SIZE);
}

/** Everything that a publisher sends up to and with `publish`, its handshake included. */
export function publishBytes(app: string, name: string): Buffer {
  return Buffer.concat([
    clientHandshake,
    commandBytes('connect', 1, { app, type: 'nonprivate', tcUrl: `rtmp://127.0.0.1/${app}` }),
    commandBytes('createStream', 2, null),
    commandBytes('publish', 3, null, name, 'live'),
  ]);
}

/** Connects, publishes and waits for the answer. @throws RtmpRefused, or an error when the connection closes first. */
export async function publishRtmp(options: PublishOptions): Promise<RtmpPublisher> {
  const publisher = new RtmpPublisher(await dial(options));
  publisher.sendBytes(publishBytes(options.app ?? 'live', options.name));
  const status = await publisher.nextStatus();
  if (status.level !== 'error') return publisher;
  publisher.abort();
  throw new RtmpRefused(status);
}

export class RtmpPublisher {
  readonly #socket: Socket;
  readonly #reader: ChunkReader;
  readonly #statuses: RtmpStatus[] = [];
  #waiting: { resolve: (status: RtmpStatus) => void; reject: (error: Error) => void } | undefined;
  readonly #listeners = new Set<() => void>();
  #helloLeft = SERVER_HELLO_BYTES;
  #acknowledged = 0;
  /** Messages from the server, in order, bodies included. */
  readonly received: RtmpMessage[] = [];
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new ChunkReader(
      { message: (message) => this.#message(message), skipped: () => undefined },
      defaultRtmpLimits,
    );
    socket.on('data', (segment: Buffer) => this.#data(segment));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#waiting?.reject(new Error('the server closed the connection'));
        resolve();
        this.#changed();
      });
    });
  }

  /** The newest sequence number of the server's acknowledgements; 0 before the first. */
  get acknowledgedBytes(): number {
    return this.#acknowledged;
  }

  /** The peer's port as the server sees it. */
  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  /** Bytes as they are, for what no publisher sends. */
  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** An audio message. `body` is an FLV AUDIODATA body; `timestampMs` below 2^32. */
  sendAudio(body: Buffer, timestampMs: number): void {
    this.sendBytes(messageBytes(MessageType.audio, body, timestampMs));
  }

  sendVideo(body: Buffer, timestampMs: number): void {
    this.sendBytes(messageBytes(MessageType.video, body, timestampMs));
  }

  sendCommand(...values: Amf0Value[]): void {
    this.sendBytes(commandBytes(...values));
  }

  /** The next `onStatus` that was not asked for yet. Rejects when the connection closes or after 10 s. */
  async nextStatus(): Promise<RtmpStatus> {
    const status = this.#statuses.shift();
    if (status !== undefined) return status;
    if (this.#socket.destroyed) throw new Error('the connection is closed');
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<RtmpStatus>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      timer = setTimeout(() => reject(new Error(`no onStatus within ${ANSWER_MS} ms`)), ANSWER_MS);
    });
    return answer.finally(() => {
      clearTimeout(timer);
      this.#waiting = undefined;
    });
  }

  /** The values of the first command of this name, received already or not. Rejects when the connection closes first. */
  async command(name: string): Promise<Amf0Value[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Amf0Value[]>();
    const look = (): void => {
      const values = this.commands.find(([first]) => first === name);
      if (values !== undefined) resolve(values);
      else if (this.#socket.destroyed) reject(new Error(`the server closed the connection without ${name}`));
    };
    this.#listeners.add(look);
    look();
    return promise.finally(() => this.#listeners.delete(look));
  }

  /** The server's commands so far, decoded. */
  get commands(): Amf0Value[][] {
    const commands = this.received.filter((message) => message.type === MessageType.commandAmf0);
    return commands.map((message) => decodeAmf0(message.body));
  }

  /** Says goodbye: the publish is over, the connection stays. */
  unpublish(name = ''): void {
    this.sendCommand('FCUnpublish', 4, null, name);
    this.sendCommand('deleteStream', 5, null, 1);
  }

  /** Says goodbye, closes, and waits until the connection is closed. */
  async close(): Promise<void> {
    this.unpublish();
    this.#socket.end();
    await this.closed;
  }

  /** Closes with a TCP reset; over TLS without a word. */
  abort(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #data(segment: Buffer): void {
    const hello = Math.min(this.#helloLeft, segment.length);
    this.#helloLeft -= hello;
    this.#reader.push(segment.subarray(hello), performance.now());
  }

  #changed(): void {
    for (const look of this.#listeners) look();
  }

  #message(message: RtmpMessage): void {
    this.received.push(message);
    this.#changed();
    if (message.type === MessageType.acknowledgement) this.#acknowledged = message.body.readUInt32BE(0);
    if (message.type !== MessageType.commandAmf0) return;
    const [name, , , info] = decodeAmf0(message.body);
    if (name !== 'onStatus') return;
    const { level, code, description } = info as unknown as RtmpStatus;
    const status = { level, code, description };
    if (this.#waiting === undefined) this.#statuses.push(status);
    else this.#waiting.resolve(status);
  }
}

/** Connects and shakes hands, no more. */
export async function connectRtmp(port: number): Promise<RtmpPublisher> {
  const publisher = new RtmpPublisher(await dial({ port }));
  publisher.sendBytes(clientHandshake);
  return publisher;
}
