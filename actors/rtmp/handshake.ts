/**
 * The server's side of the simple handshake (Adobe RTMP specification 5.2).
 *
 * Every publisher accepts the simple form; the digest form is wanted by Flash players only, and its senders fall back
 * when the four bytes after S1's time are zero.
 */
import { randomFillSync } from 'node:crypto';
import { RtmpProtocolError } from './protocol-error.ts';

const VERSION = 3;
/** Length of C1, C2, S1 and S2. */
const PART_BYTES = 1536;
const HELLO_BYTES = 1 + PART_BYTES;
const TIME_AND_ZERO_BYTES = 8;

export class Handshake {
  /** C0 and C1 as far as they have come. */
  readonly #hello = Buffer.alloc(HELLO_BYTES);
  readonly #reply: (bytes: Buffer) => void;
  #received = 0;

  /** `reply` gets S0, S1 and S2 in one piece, once. */
  constructor(reply: (bytes: Buffer) => void) {
    this.#reply = reply;
  }

  get done(): boolean {
    return this.#received === HELLO_BYTES + PART_BYTES;
  }

  /**
   * Takes the next bytes of the connection, however they are cut, and returns those that follow C2.
   * C2 is counted and not checked: publishers are known to send anything there.
   * @throws RtmpProtocolError when the version is not 3 (6 would be RTMPE; `G` is an HTTP client).
   */
  push(segment: Buffer): Buffer {
    const missing = HELLO_BYTES - this.#received;
    if (missing > 0 && segment.length > 0) this.#pushHello(segment);
    const afterHello = segment.subarray(Math.max(0, Math.min(missing, segment.length)));
    if (this.#received < HELLO_BYTES) return afterHello;
    const ofC2 = Math.min(HELLO_BYTES + PART_BYTES - this.#received, afterHello.length);
    this.#received += ofC2;
    return afterHello.subarray(ofC2);
  }

  #pushHello(segment: Buffer): void {
    this.#received += segment.copy(this.#hello, this.#received);
    const version = this.#hello[0];
    if (version !== VERSION) throw new RtmpProtocolError(`handshake version ${version}, expected ${VERSION}`);
    if (this.#received === HELLO_BYTES) this.#answer();
  }

  #answer(): void {
    const answer = Buffer.alloc(1 + 2 * PART_BYTES);
    answer[0] = VERSION;
    randomFillSync(answer, 1 + TIME_AND_ZERO_BYTES, PART_BYTES - TIME_AND_ZERO_BYTES);
    this.#hello.copy(answer, HELLO_BYTES, 1);
    this.#reply(answer);
  }
}
