/** What the server's own language-model caller takes from its session and gives back. */
import type { CallFault } from '../../machines/ai-events.ts';
import type { AiInsight, AiRefusal } from '../ai/port.ts';
import type { Records } from '../viewers/records.ts';

/** The records of a session as they become readable. */
export interface FollowedRecords extends Pick<Records, 'lastOffset' | 'read'> {
  /** Calls `listener` whenever `lastOffset` has grown; returns the unsubscriber. */
  follow(listener: () => void): () => void;
}

/** The right to call for a session, and where an insight becomes a record of it. */
export interface InsightDesk {
  /** Of the lease; undefined while it is not held: nobody may call then. */
  readonly fence: number | undefined;
  /** Calls `listener` when the lease is had; returns the unsubscriber. */
  follow(listener: () => void): () => void;
  /** Undefined when the insight is a record. `fence` is that of the moment of the call. */
  deliver(insight: AiInsight): AiRefusal | undefined;
}

/** Why a call gave nothing. Its message holds neither key nor text. */
export class CallError extends Error {
  readonly fault: CallFault;
  /** What the endpoint asked to wait. */
  readonly retryAfterMs: number | null;

  constructor(fault: CallFault, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'CallError';
    this.fault = fault;
    this.retryAfterMs = retryAfterMs;
  }
}
