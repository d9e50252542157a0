/** What can go wrong at the simulated Gladia, set by tests at any moment. */

/** How a connection goes away. */
export type Drop = 'reset' | 'no_close_frame' | 'black_hole' | { code: number; reason?: string };

export type DropPoint =
  | 'before_first_chunk'
  | 'before_ack'
  | 'mid_utterance'
  | 'after_final'
  | 'during_stop'
  | 'after_stop_ack'
  | 'before_close';

export interface PostFault {
  status?: number;
  retryAfter?: string;
  /** No answer at all. */
  hang?: true;
  notJson?: true;
  noUrl?: true;
  redirect?: true;
  delayMs?: number;
}

export interface HandshakeFault {
  status?: number;
  hang?: true;
  reset?: true;
}

export type AckMode = 'normal' | 'off' | 'delayed' | 'merged' | 'inclusive' | 'restart_per_connection' | 'beyond_sent';

export class Faults {
  /** Each is used once, in order. */
  readonly post: PostFault[] = [];
  readonly handshake: HandshakeFault[] = [];
  /** Codes to close with at once after accepting; each is used once. */
  readonly afterOpen: number[] = [];
  /** The same for every connection. */
  afterOpenAlways: number | undefined;
  acks: AckMode = 'normal';
  /** So many acknowledgements are not sent. */
  loseAcks = 0;
  /** So many chunks are not taken. */
  nacks = 0;
  /** Sent as they are at the next chunk. */
  readonly messages: (string | Buffer)[] = [];
  /** The utterance that is open when a connection drops is never finished. */
  neverFinalize = false;
  /** Finals without words. */
  noWords = false;
  stop: 'normal' | 'silent' | 'finals_no_close' | 'close_before_finals' = 'normal';
  /** After the end nothing is read any more: a close is never answered. */
  deafAfterEnd = false;
  result: 'normal' | 'processing' | 'error' | 'missing' = 'normal';
  readonly #drops = new Map<DropPoint, Drop>();

  /** Arms a drop; it happens once. */
  drop(at: DropPoint, how: Drop): void {
    this.#drops.set(at, how);
  }

  /** The drop that is armed for this point, which is used up. */
  take(at: DropPoint): Drop | undefined {
    const how = this.#drops.get(at);
    this.#drops.delete(at);
    return how;
  }
}
