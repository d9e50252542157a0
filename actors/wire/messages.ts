/** What the server tells a viewer, before it becomes bytes. Times are integer milliseconds on the session's clock. */
import type { EndReason } from '../../machines/events.ts';
import type { GapCause, SessionState, Word } from '../ports.ts';

/** Text of an utterance. `utteranceId` is ours: the same from the first partial to the final. */
export interface Utterance {
  utteranceId: string;
  text: string;
  startMs: number;
  endMs: number;
  language: string;
  words?: Word[];
  speaker?: string;
  /** Only for sources with several channels; the first is 0. */
  channel?: number;
  confidence?: number;
}

/** What viewers are told of the session's state. */
export interface StateOfSession {
  state: SessionState;
  /** Only when so: what is shown now may be gone after a failure of the server, for the log takes nothing. */
  durable?: false;
}

/** `session`: always the first message. */
export interface SessionMessage extends StateOfSession {
  type: 'session';
  slug: string;
  epoch: number;
  /** Newest offset when the viewer attached; 0 before the first record. */
  offset: number;
  startedAt: string;
  transcriber: string;
  /** True when everything after the cursor follows. */
  resumed: boolean;
  /** Only when a cursor could not be honoured: where the history that follows starts. */
  firstOffset?: number;
}

/** What a language model made of the transcript; `data` is any JSON value, as its caller delivered it. */
export interface InsightMessage {
  type: 'ai_insight';
  offset: number;
  /** Of the lease under which it was delivered. */
  fence: number;
  /** The records up to this offset were looked at. */
  upToOffset: number;
  data: unknown;
}

/** A part of the session's history: numbered without holes, kept, never changed. */
export type RecordMessage =
  | ({ type: 'transcript_final'; offset: number } & Utterance)
  | { type: 'gap'; offset: number; startMs: number; endMs: number; cause: GapCause }
  | InsightMessage
  | {
      type: 'session_end';
      offset: number;
      reason: EndReason;
      ledger: { receivedMs: number; transcribedMs: number; gapMs: number };
    };

/** What is true now and replaced by what comes next. */
export type MomentMessage = ({ type: 'transcript_partial' } & Utterance) | ({ type: 'session_state' } & StateOfSession);

/** How the AI lease stands for one who asked for it. */
export interface LeaseMessage {
  type: 'ai_lease';
  /** `held`: by the one who is told; `taken`: by somebody else; `free`: nobody wants it. */
  state: 'held' | 'taken' | 'free';
  /** Of the newest holder; 0 before the first. */
  fence: number;
  /** Until it runs out unless it is renewed; missing when nobody here holds it. */
  expiresInMs?: number;
}

/** An answer to something that the viewer sent. */
export interface ErrorMessage {
  type: 'error';
  code: string;
  message: string;
  retryable: boolean;
}

export type ServerMessage = SessionMessage | RecordMessage | MomentMessage | LeaseMessage | ErrorMessage;
