/**
 * One viewer: a socket and how far it has got. It has no queue of its own; what it lacks is read from the log.
 *
 * While the kernel takes everything it is live. Once bytes wait in the socket it lags: nothing more is written until
 * they are gone, then it gets all the records that it missed and only the newest of each moment.
 */
import type { WebSocket } from 'ws';
import type { TranscriptLog } from '../log/port.ts';
import type { Close } from '../wire/close-codes.ts';
import type { Encoded, ProtocolVersion } from '../wire/encoded.ts';
import type { Moments } from './moments.ts';

/** Bytes of records given to a lagging viewer at once, before it has to take them. */
const CATCH_UP_BYTES = 65_536;

/** How far a viewer may fall behind. */
export interface ViewerLimits {
  /** Records not yet given to it, `VIEWER_QUEUE_MAX`. */
  queueMax: number;
  /** Bytes waiting for it, in its socket and in the log, `VIEWER_QUEUE_MAX_BYTES`. */
  queueMaxBytes: number;
}

/** What a viewer asked for. */
export interface ViewerView {
  version: ProtocolVersion;
  /** False: no partials. */
  partials: boolean;
  /** Transcripts of this language alone; undefined: of every language. */
  language?: string | undefined;
  /** Records up to this offset are not for it. */
  offset: number;
}

export interface SessionView {
  log: TranscriptLog;
  moments: Moments;
  limits: ViewerLimits;
}

/** What a delivery found. */
export type Delivery = 'live' | 'lagging' | 'too_slow' | 'gone';

const frameOptions = { binary: false, compress: false } as const;

export class Viewer {
  readonly socket: WebSocket;
  readonly view: ViewerView;
  /** Newest offset given to it. */
  #offset: number;
  /** Newest change of a moment when it came. */
  readonly #attachedTurn: number;
  #momentTurn = 0;
  #isLagging = false;
  /** Has it ever had everything? */
  #wasLive = false;
  /** Pings since the last sign of life. */
  unanswered = 0;
  /** When it is pinged next, on the heartbeat's clock. */
  pingAtMs = 0;
  /** Bytes that waited when it was last looked at; fewer are a sign of life. */
  waitingBytes = 0;
  /** Messages that the protocol does not know. */
  faults = 0;

  constructor(socket: WebSocket, view: ViewerView, attachedTurn: number) {
    this.socket = socket;
    this.#attachedTurn = attachedTurn;
    this.view = view;
    this.#offset = view.offset;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** One message out of turn (`session`, `error`). */
  send(message: Encoded): void {
    const bytes = message.as(this.view.version);
    if (bytes !== undefined && this.isOpen) this.socket.send(bytes, frameOptions);
  }

  close({ code, reason }: Close): void {
    this.socket.close(code, reason);
  }

  /**
   * Gives what it lacks, as far as it takes it. `onFlushed` is called once everything that was written has left, or
   * the socket is closed.
   */
  deliver(session: SessionView, onFlushed: () => void): Delivery {
    if (!this.isOpen) return 'gone';
    if (this.#isLagging && this.socket.bufferedAmount > 0) return this.#isTooSlow(session) ? 'too_slow' : 'lagging';
    if (this.#offset + 1 < session.log.firstOffset) return 'too_slow';
    while (!this.#giveRecords(session, CATCH_UP_BYTES)) {
      if (this.socket.bufferedAmount > 0) return this.#lag(session, onFlushed);
    }
    this.#giveMoments(session.moments);
    if (this.socket.bufferedAmount > 0) return this.#lag(session, onFlushed);
    this.#isLagging = false;
    this.#wasLive = true;
    return 'live';
  }

  /** Gives all records that it lacks, whether it takes them or not, and closes it. */
  dismiss(session: SessionView, close: Close): void {
    if (this.isOpen) this.#giveRecords(session, Infinity);
    this.close(close);
  }

  #lag(session: SessionView, onFlushed: () => void): Delivery {
    this.#isLagging = true;
    // A ping's callback comes when everything before it has left for the kernel.
    this.socket.ping(undefined, undefined, onFlushed);
    return this.#isTooSlow(session) ? 'too_slow' : 'lagging';
  }

  /** False when it was given `maxBytes` and there is more. */
  #giveRecords({ log }: SessionView, maxBytes: number): boolean {
    let bytes = 0;
    while (this.#offset < log.lastOffset) {
      if (bytes >= maxBytes) return false;
      this.#offset += 1;
      const message = log.read(this.#offset);
      const record = this.#isForeign(message) ? undefined : message?.as(this.view.version);
      if (record === undefined) continue;
      this.socket.send(record, frameOptions);
      bytes += record.length;
    }
    return true;
  }

  #giveMoments(moments: Moments): void {
    for (const { turn, message } of moments.since(this.#momentTurn)) {
      const isUnwanted = (message.type === 'transcript_partial' && !this.view.partials) || this.#isForeign(message);
      // The state was in the first message, and of withdrawn text it has seen nothing.
      const isOld = turn <= this.#attachedTurn && (message.type === 'session_state' || message.isWithdrawal);
      if (!isUnwanted && !isOld) this.send(message);
    }
    this.#momentTurn = moments.turn;
  }

  #isForeign(message: Encoded | undefined): boolean {
    const { language } = this.view;
    return language !== undefined && message?.language !== undefined && message.language !== language;
  }

  /** A viewer that still reads its history is behind by right; only after that its bounds count. */
  #isTooSlow({ log, limits }: SessionView): boolean {
    if (this.#offset + 1 < log.firstOffset) return true;
    if (!this.#wasLive) return false;
    if (log.lastOffset - this.#offset > limits.queueMax) return true;
    let bytes = this.socket.bufferedAmount;
    for (let offset = this.#offset + 1; offset <= log.lastOffset && bytes <= limits.queueMaxBytes; offset += 1) {
      bytes += log.read(offset)?.as(this.view.version)?.length ?? 0;
    }
    return bytes > limits.queueMaxBytes;
  }
}
