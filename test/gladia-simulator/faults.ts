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
  /** The finals are said, `post_final_transcript` is not. */
  | 'before_close'
  /** `post_final_transcript` is said, `end_session` and the close are not. */
  | 'after_post_final';

export interface PostFault {
  status?: number;
  retryAfter?: string;
  /** In place of the usual body of an error. */
  body?: unknown;
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
  /** The answer comes this late. */
  delayMs?: number;
}

export type AckMode = 'normal' | 'off' | 'delayed' | 'merged' | 'inclusive' | 'restart_per_connection' | 'beyond_sent';

/** How a refused chunk is told: both shapes in use, or one that nobody documents. */
export type NackShape = 'object' | 'status' | 'string';

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
  nackShape: NackShape = 'object';
  /** Sent as they are at the next chunk. */
  readonly messages: (string | Buffer)[] = [];
  /** The utterance that is open when a connection drops is never finished. */
  neverFinalize = false;
  /** Finals without words. */
  noWords = false;
  /** Finals without text. */
  emptyFinals = false;
  /** Finals of utterances that never had a partial. */
  noPartials = false;
  /** Behind each final its last partial once more. */
  latePartials = false;
  /** Finals end before they begin. */
  backwardTimes = false;
  /** Addons have failed: `error` is set, `data` is null. */
  failedAddons = false;
  stop: 'normal' | 'silent' | 'finals_no_close' | 'close_before_finals' | 'slow' = 'normal';
  /** After the end nothing is read any more: a close is never answered. */
  deafAfterEnd = false;
  /** `never`: the client's close frame is read and not answered. */
  closeHandshake: 'normal' | 'never' = 'normal';
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
