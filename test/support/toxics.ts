/**
 * What a network does to a connection, in toxiproxy's words (github.com/Shopify/toxiproxy, "Toxics"), and one direction
 * of a connection under it.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type Toxic =
  /** All bytes come later by this much, give or take the jitter, in their order. */
  | { type: 'latency'; latencyMs: number; jitterMs?: number }
  | { type: 'bandwidth'; bytesPerSecond: number }
  /** The end of one side reaches the other only after a while. */
  | { type: 'slow_close'; delayMs: number }
  /** Nothing goes through, and after the time the connection is closed; 0: it stays, as if the cable was pulled. */
  | { type: 'timeout'; timeoutMs: number }
  /** Bytes come in small pieces with a pause behind each. */
  | { type: 'slicer'; averageBytes: number; variationBytes: number; delayMs: number }
  /** The connection is closed after so many bytes of this direction. */
  | { type: 'limit_data'; bytes: number }
  /** The connection is reset after the time. */
  | { type: 'reset_peer'; timeoutMs: number };

export type Verb = Toxic['type'];

/** Bytes that a direction takes in before it stops reading, as a network's buffers would. */
const HELD_MAX_BYTES = 1_048_576;
/** Pieces that limited bandwidth is made of. */
const PIECES_PER_SECOND = 20;

export interface PipeOptions {
  from: Socket;
  to: Socket;
  /** The toxics of the moment. */
  toxics: () => readonly Toxic[];
  random: () => number;
  /** Is aborted when the connection is over. */
  signal: AbortSignal;
  /** First bytes, for whoever wants to know which connection this is. */
  onBytes: (chunk: Buffer) => void;
  /** A toxic wants the whole connection closed. */
  cut: (how: 'close' | 'reset') => void;
}

/** One direction of a connection. Ends when its source ends or the connection is over. */
export class ToxicPipe {
  readonly #options: PipeOptions;
  readonly #held: { chunk: Buffer; atMs: number }[] = [];
  #heldBytes = 0;
  #forwardedBytes = 0;
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(options: PipeOptions) {
    this.#options = options;
    const { from, signal, onBytes } = options;
    from.on('data', (chunk: Buffer) => {
      onBytes(chunk);
      this.#held.push({ chunk, atMs: performance.now() });
      this.#heldBytes += chunk.length;
      if (this.#heldBytes >= HELD_MAX_BYTES) from.pause();
      this.#wake();
    });
    from.on('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake());
    this.#run().catch(() => {});
  }

  /** The toxics have changed. */
  changed(): void {
    if (this.#heldBytes < HELD_MAX_BYTES) this.#options.from.resume();
    this.#wake();
  }

  get #isHanging(): boolean {
    return this.#find('timeout') !== undefined;
  }

  #find<V extends Verb>(verb: V): Extract<Toxic, { type: V }> | undefined {
    return this.#options.toxics().find((toxic): toxic is Extract<Toxic, { type: V }> => toxic.type === verb);
  }

  async #run(): Promise<void> {
    const { signal, to } = this.#options;
    while (!signal.aborted) {
      const held = this.#isHanging ? undefined : this.#held[0];
      if (held === undefined) {
        if (this.#isEnded && !this.#isHanging && this.#held.length === 0) break;
        await this.#change();
        continue;
      }
      await this.#delay(held.atMs);
      if (this.#isHanging) continue;
      this.#held.shift();
      await this.#forward(held.chunk);
      this.#heldBytes -= held.chunk.length;
      this.changed();
    }
    if (signal.aborted) return;
    await this.#pause(this.#find('slow_close')?.delayMs ?? 0);
    to.end();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #delay(atMs: number): Promise<void> {
    const latency = this.#find('latency');
    if (latency === undefined) return;
    const jitterMs = (this.#options.random() * 2 - 1) * (latency.jitterMs ?? 0);
    await this.#pause(atMs + latency.latencyMs + jitterMs - performance.now());
  }

  async #forward(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#options.signal.aborted;) {
      const { bytes, pauseMs } = this.#piece();
      const piece = chunk.subarray(at, at + bytes);
      at += piece.length;
      if (!(await this.#write(piece))) return;
      await this.#pause(pauseMs(piece.length));
    }
  }

  /** How much goes at once, and how long nothing goes behind it. */
  #piece(): { bytes: number; pauseMs: (written: number) => number } {
    const slicer = this.#find('slicer');
    if (slicer !== undefined) {
      const vary = Math.round((this.#options.random() * 2 - 1) * slicer.variationBytes);
      return { bytes: Math.max(1, slicer.averageBytes + vary), pauseMs: () => slicer.delayMs };
    }
    const bandwidth = this.#find('bandwidth');
    if (bandwidth === undefined) return { bytes: Infinity, pauseMs: () => 0 };
    const { bytesPerSecond } = bandwidth;
    return {
      bytes: Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND)),
      pauseMs: (written) => (written * 1_000) / bytesPerSecond,
    };
  }

  /** False when nothing may follow. */
  async #write(piece: Buffer): Promise<boolean> {
    const { to, cut, signal } = this.#options;
    const limit = this.#find('limit_data');
    const left = limit === undefined ? piece.length : Math.max(0, limit.bytes - this.#forwardedBytes);
    this.#forwardedBytes += Math.min(left, piece.length);
    const isFlushed = to.write(piece.subarray(0, left));
    if (limit !== undefined && left <= piece.length) {
      cut('close');
      return false;
    }
    if (!isFlushed && !signal.aborted) await drained(to, signal);
    return !signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: this.#options.signal });
  }
}

function drained(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    socket.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
