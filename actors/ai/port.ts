/**
 * How somebody gets the AI lease of a session and delivers insights under it: the same for a viewer and for a caller
 * inside the server.
 *
 *     const seat = desk.seat({ leased: (lease) => …, refused: (refusal) => … });
 *     seat.acquire();                                   // leased({ state: 'held', fence, expiresInMs }), now or later
 *     seat.renew(fence);                                // every third of AI_LEASE_MS
 *     seat.deliver({ fence, upToOffset, data });        // undefined: it is a record of the session
 *     seat.leave();                                     // the lease passes on at once
 */
import type { ErrorCode } from '../../machines/errors.ts';

/** How the lease stands for one seat. */
export interface AiLease {
  /** `held`: by this seat; `taken`: by another; `free`: nobody wants it. */
  state: 'held' | 'taken' | 'free';
  /** Of the newest holder; grows with every one, also after a restart. 0 before the first. */
  fence: number;
  /** Until it runs out unless it is renewed; missing when nobody here holds it. */
  expiresInMs?: number;
}

/** Why something was not done. */
export interface AiRefusal {
  code: Extract<
    ErrorCode,
    'ai_off' | 'stale_fence' | 'ai_line_full' | 'bad_message' | 'log_unavailable' | 'token_not_for_this'
  >;
  /** The particulars: a field, and what was expected. */
  detail?: string;
}

/** What a language model made of the transcript. */
export interface AiInsight {
  /** Of the lease that its caller held when it asked the model. */
  fence: number;
  /** The records up to this offset were looked at; from 0 to the newest that is shown. */
  upToOffset: number;
  /** Any JSON value: at most `JSON_LEVELS_MAX` levels and `INSIGHT_DATA_MAX_BYTES` as JSON. */
  data: unknown;
}

/** Who wants the lease, as the desk tells it. Calls may come within those of its seat, and must not throw. */
export interface AiHolder {
  /** The lease has changed, or was asked for; only after `acquire`. */
  leased(lease: AiLease): void;
  /** What `acquire` began came to nothing; it may be tried again. */
  refused(refusal: AiRefusal): void;
}

/** One who may want the lease. Every method is harmless after `leave`. */
export interface AiSeat {
  /** Its plain id in charts and the inspector: `viewer 7`, `server`. */
  readonly id: string;
  /**
   * Asks for the lease. The answer is `leased`: `held` at once or when its turn has come, `taken` until then; or
   * `refused`. To ask again changes nothing and is answered.
   */
  acquire(): AiRefusal | undefined;
  /** Its time begins again: `leased` tells until when. Refused with `stale_fence` to any but the holder. */
  renew(fence: number): AiRefusal | undefined;
  /** Gives the lease up, or the place in line. */
  release(fence: number): AiRefusal | undefined;
  /** Makes an insight a record of the session and tells it to everybody; undefined when that is done. */
  deliver(insight: AiInsight): AiRefusal | undefined;
  /** How the lease stands now. */
  current(): AiLease;
  /** It is gone: a lease that it holds passes on at once. Idempotent. */
  leave(): void;
}

/** Where seats are had: `SessionChannel.desk` of every session. */
export interface AiDesk {
  /**
   * `viewer`: refused or told `taken` where another mode of `AI_MODE` says so. `server`: the server's own caller, the
   * only one that can hold the lease with `AI_MODE=server`.
   */
  seat(holder: AiHolder, kind?: 'viewer' | 'server'): AiSeat;
}
