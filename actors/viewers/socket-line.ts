/**
 * A viewer's WebSocket as a line. Frames are written to the stream below `ws`, which was handed over with the upgrade:
 * they are made once for all viewers, and `ws` would make each again.
 *
 * That is safe while the socket is open, nothing compressed or fragmented is sent on it, and nothing follows a close.
 * Handlers are shared by all sockets: closures of its own would cost each viewer two kilobytes.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import type { Close } from '../wire/close-codes.ts';
import { countingPing, countInPong, emptyPing } from '../wire/frame.ts';
import type { LineListener, ViewerLine } from './line.ts';

const LINE = Symbol('line');

type Carrier = WebSocket & { [LINE]?: SocketLine };
type CarrierStream = Duplex & { [LINE]?: SocketLine };

const nothing = Buffer.alloc(0);

export class SocketLine implements ViewerLine {
  readonly protocol: 'v1' | 'v2';
  readonly confirms = true;
  listener: LineListener | undefined;
  readonly #socket: Carrier;
  readonly #stream: CarrierStream;
  /** Pings without a pong yet. */
  #asked = 0;

  /** @param stream What `socket` was made from, by `handleUpgrade`. */
  constructor(socket: WebSocket, stream: Duplex, protocol: 'v1' | 'v2') {
    this.protocol = protocol;
    this.#socket = socket;
    this.#stream = stream;
    this.#socket[LINE] = this;
    this.#stream[LINE] = this;
    stream.on('error', writeFailed);
    socket.on('message', heard).on('pong', ponged).on('ping', pinged).on('close', closed).on('error', failed);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && !this.#stream.destroyed;
  }

  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  write(bytes: readonly Buffer[]): void {
    if (!this.isOpen) return;
    const isSeveral = bytes.length > 1;
    if (isSeveral) this.#stream.cork();
    for (const frame of bytes) this.#stream.write(frame);
    if (isSeveral) this.#stream.uncork();
  }

  writeOne(bytes: Buffer): void {
    if (this.isOpen) this.#stream.write(bytes);
  }

  afterFlush(done: () => void): void {
    if (this.isOpen) this.#stream.write(nothing, done);
    else setImmediate(done);
  }

  ping(countBytes?: number): void {
    if (!this.isOpen) return;
    this.#asked += 1;
    this.#stream.write(countBytes === undefined ? emptyPing : countingPing(countBytes));
  }

  /** A pong has come. A peer may answer several pings with one (RFC 6455, section 5.5.3); the others are then never. */
  ponged(payload: Buffer): void {
    if (this.#asked > 0) this.#asked -= 1;
    else this.listener?.chattered(payload.length);
    this.listener?.answered(countInPong(payload));
  }

  end({ code, reason }: Close): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function heard(this: Carrier, data: RawData, isBinary: boolean): void {
  this[LINE]?.listener?.answered(undefined);
  this[LINE]?.listener?.heard(isBinary ? '' : (data as Buffer).toString(), (data as Buffer).length);
}

function ponged(this: Carrier, payload: Buffer): void {
  this[LINE]?.ponged(payload);
}

function pinged(this: Carrier, payload: Buffer): void {
  this[LINE]?.listener?.answered(undefined);
  this[LINE]?.listener?.chattered(payload.length);
}

function closed(this: Carrier): void {
  this[LINE]?.listener?.closed();
}

/** What the viewer sent breaks the WebSocket protocol. */
function failed(this: Carrier): void {
  this.terminate();
}

function writeFailed(this: CarrierStream): void {
  this[LINE]?.listener?.failed();
  this.destroy();
}
