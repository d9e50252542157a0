/**
 * One publisher's TCP connection: bytes through handshake and chunk reader to the NetConnection, answers and
 * acknowledgements back, one deadline at a time, and one place where everything that can go wrong ends.
 */
import type { Duplex } from 'node:stream';
import type { LimitName, OnLimit } from '../limit-names.ts';
import { acknowledgement, encodeMessage, userControl, UserControl } from './chunk-writer.ts';
import type { OutgoingMessage } from './chunk-writer.ts';
import { ChunkReader } from './chunks.ts';
import type { RtmpMessage } from './chunks.ts';
import { Deadline } from './deadline.ts';
import { Handshake } from './handshake.ts';
import type { RtmpLimits } from './limits.ts';
import { MessageType } from './message-types.ts';
import { NetConnection } from './net-connection.ts';
import type { Link, Services } from './net-connection.ts';
import { RtmpProtocolError } from './protocol-error.ts';

const INITIAL_CHUNK_SIZE = 128;
/**
 * Bytes of a publish that are acknowledged segment by segment: metadata, configuration and the first frame. Not more:
 * ffmpeg reads one message for ten it sends, and one that leaves with an acknowledgement unread resets the connection,
 * which can cost its goodbye.
 */
const EARLY_BYTES = 1024;

/** What a connection needs of its listener. */
export interface ConnectionContext extends Services {
  limits: RtmpLimits;
  /** A limit has ended this connection. */
  onLimit: OnLimit;
  /** A publish began (true) or ended while the connection goes on (false). */
  onPublishing(active: boolean): void;
  /** The socket is closed and the sink, if there was one, has been told. Once. */
  onClosed(): void;
}

/** A TCP or TLS socket, or any other stream of a publisher's bytes. */
export type PublisherSocket = Duplex & { readonly remoteAddress?: string | undefined };

export class Connection {
  readonly #socket: PublisherSocket;
  readonly #context: ConnectionContext;
  readonly #limits: RtmpLimits;
  readonly #reader: ChunkReader;
  readonly #net: NetConnection;
  /** Until C2 has come. */
  #handshake: Handshake | undefined;
  readonly #patience = new Deadline(() => this.#receivedBytes);
  #chunkSize = INITIAL_CHUNK_SIZE;
  #publishing = false;
  /** Nothing is parsed any more; the socket closes within `lingerMs`. */
  #closing = false;
  #closeReason: string | undefined;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #ackWindowBytes: number;
  /** Parsed bytes when the publish, or the time without one, began. */
  #since = 0;

  constructor(socket: PublisherSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#limits = context.limits;
    this.#ackWindowBytes = context.limits.ackWindowBytes;
    this.#handshake = new Handshake((bytes) => void socket.write(bytes));
    const message = (received: RtmpMessage): void => this.#message(received);
    const skipped = (type: number, lengthBytes: number): void => this.#skipped(type, lengthBytes);
    this.#reader = new ChunkReader({ message, skipped }, context.limits);
    this.#reader.boundUnfinished(context.limits.maxUnpublishedBytes);
    this.#net = new NetConnection(this.#link(socket.remoteAddress ?? ''), context);
    this.#deadline(context.limits.handshakeMs, 'no handshake', 'rtmp_handshake_time');
    this.#listen(socket);
  }

  get publishing(): boolean {
    return this.#publishing;
  }

  /** Bytes that are kept for this peer: messages being collected, and what has come and is not parsed. */
  get bufferedBytes(): number {
    return this.#reader.unfinishedBytes + this.#reader.waitingBytes;
  }

  /** Closes at once, without a word to the peer; the sink hears it before this returns. Idempotent. */
  destroy(reason: string): void {
    this.#closing = true;
    this.#closeReason ??= reason;
    this.#reader.suspend();
    this.#socket.destroy();
    this.#net.end(this.#closeReason);
  }

  #listen(socket: PublisherSocket): void {
    socket.on('data', (segment: Buffer) => this.#received(segment));
    // The peer is done; nobody would read what waits to be written.
    socket.on('end', () => this.destroy('closed by the publisher'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.destroy(error.code ?? error.message));
    socket.on('close', () => {
      this.destroy('closed');
      this.#patience.clear();
      this.#context.onClosed();
    });
  }

  #link(remoteAddress: string): Link {
    return {
      remoteAddress,
      send: (message) => this.#send(message),
      useChunkSize: (bytes) => void (this.#chunkSize = bytes),
      suspend: () => {
        this.#reader.suspend();
        this.#socket.pause();
      },
      resume: (first) => this.#resume(first),
      publishing: (active) => this.#setPublishing(active),
      closeSoon: (reason) => this.#closeSoon(reason),
    };
  }

  #received(segment: Buffer): void {
    this.#receivedBytes += segment.length;
    if (this.#closing) return;
    if (this.#publishing) this.#patience.refresh();
    this.#guarded(() => this.#parse(segment));
  }

  /** Every byte of a peer is looked at in here: what it makes fail ends its own connection, and no other. */
  #guarded(work: () => void): void {
    this.#socket.cork();
    try {
      work();
      if (this.#socket.writableLength > this.#limits.maxUnsentBytes)
        throw new RtmpProtocolError('peer does not read', 'rtmp_unsent_bytes');
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#socket.uncork();
    }
  }

  #parse(segment: Buffer): void {
    const early = !this.#publishing || this.#reader.parsedBytes - this.#since < EARLY_BYTES;
    const rest = this.#handshake === undefined ? segment : this.#shakeHands(this.#handshake, segment);
    if (this.#handshake !== undefined) return;
    this.#reader.push(rest, performance.now());
    this.#boundUnpublished();
    this.#acknowledge(early);
  }

  #shakeHands(handshake: Handshake, segment: Buffer): Buffer {
    const rest = handshake.push(segment);
    if (handshake.done) {
      this.#handshake = undefined;
      this.#deadline(this.#limits.publishMs, 'no publish', 'rtmp_publish_time');
    }
    return rest;
  }

  #boundUnpublished(): void {
    const bytes = this.#reader.parsedBytes - this.#since;
    if (this.#publishing || bytes <= this.#limits.maxUnpublishedBytes) return;
    const what = `more than ${this.#limits.maxUnpublishedBytes} bytes without a publish`;
    throw new RtmpProtocolError(what, 'rtmp_unpublished_bytes');
  }

  /**
   * Before `publish` and for the first frames every segment is acknowledged at once: the data carries TCP's own
   * acknowledgement, for which publishers with Nagle's algorithm would otherwise wait 40 ms between any two of their
   * small writes. Afterwards once a window (5.4.3); LiveKit Egress calls a URL bad whose server acknowledged nothing.
   */
  #acknowledge(early: boolean): void {
    if (!early && this.#receivedBytes - this.#acknowledgedBytes < this.#ackWindowBytes) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#send(acknowledgement(this.#receivedBytes));
  }

  #message(message: RtmpMessage): void {
    const { type, body } = message;
    if (type === MessageType.windowAckSize) {
      if (body.length >= 4) this.#ackWindowBytes = Math.min(body.readUInt32BE(0), this.#limits.ackWindowBytes);
    } else if (type === MessageType.userControl) {
      const ping = body.length >= 6 && body.readUInt16BE(0) === UserControl.pingRequest;
      if (ping) this.#send(userControl(UserControl.pingResponse, body.readUInt32BE(2)));
    } else if (type !== MessageType.acknowledgement && type !== MessageType.setPeerBandwidth) {
      this.#net.message(message);
    }
  }

  #skipped(type: number, lengthBytes: number): void {
    if (type !== MessageType.video) return;
    this.#context.onCount('video_messages', 1);
    this.#context.onCount('video_bytes', lengthBytes);
  }

  #resume(first: () => void): void {
    this.#guarded(() => {
      first();
      if (this.#closing) return;
      // Before the parsing: what waits there may suspend again.
      this.#socket.resume();
      this.#reader.resume(performance.now());
      this.#boundUnpublished();
    });
  }

  #setPublishing(active: boolean): void {
    this.#publishing = active;
    const { maxUnfinishedBytes, maxUnpublishedBytes, idleMs, publishMs } = this.#limits;
    this.#reader.boundUnfinished(active ? maxUnfinishedBytes : maxUnpublishedBytes);
    this.#since = this.#reader.parsedBytes;
    if (active) this.#deadline(idleMs, 'no data', 'rtmp_idle_time');
    else this.#deadline(publishMs, 'no publish', 'rtmp_publish_time');
    this.#context.onPublishing(active);
  }

  #send(message: OutgoingMessage): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeMessage(message, this.#chunkSize));
  }

  #deadline(ms: number, what: string, limit: LimitName): void {
    const passed = (): void => this.#fail(new RtmpProtocolError(`${what} within ${ms} ms`, limit));
    this.#patience.set(ms, this.#publishing, passed);
  }

  /** Reads on and forgets, for bytes left unread would turn the close into a reset that outruns the last message. */
  #closeSoon(reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#closeReason ??= reason;
    this.#reader.suspend();
    this.#socket.resume();
    this.#patience.set(this.#limits.lingerMs, false, () => this.destroy(reason));
  }

  #fail(error: unknown): void {
    if (this.#socket.destroyed) return this.destroy('closed');
    this.#context.onCount('connections_failed', 1);
    if (error instanceof RtmpProtocolError && error.limit !== undefined) this.#context.onLimit(error.limit);
    const reason = error instanceof Error ? error.message : String(error);
    const fields = { remoteAddress: this.#socket.remoteAddress, publishing: this.#publishing, reason };
    if (!(error instanceof RtmpProtocolError)) this.#context.log.error('rtmp: connection failed', { ...fields, error });
    else if (this.#publishing) this.#context.log.warn('rtmp: publisher closed', fields);
    else this.#context.log.debug('rtmp: connection closed', fields);
    this.destroy(reason);
  }
}
