/**
 * What the server sends a viewer over `captiond.v2`, and the one place where it is checked.
 *
 * Times are integer milliseconds on the session's audio clock. Unknown fields are kept, unknown types are skipped, so
 * that an old client goes on working with a newer server.
 */
export type SessionState = 'awaiting' | 'live' | 'publisher_lost' | 'transcriber_lost' | 'ended';
export type SessionMessage = {
    type: 'session';
    slug: string;
    /**
     * The run of the session.
     */
    epoch: number;
    /**
     * The newest record there is.
     */
    offset: number;
    state: SessionState;
    /**
     * ISO 8601 UTC.
     */
    startedAt: string;
    transcriber?: string;
    /**
     * False: the cursor could not be honoured; history starts at `firstOffset`.
     */
    resumed: boolean;
    firstOffset?: number;
    /**
     * False: what is shown now may be gone after a failure of the server.
     */
    durable?: false;
};
export type Spoken = {
    utteranceId: string;
    text: string;
    startMs: number;
    endMs: number;
    /**
     * BCP 47.
     */
    language: string;
    words?: {
        text: string;
        startMs: number;
        endMs: number;
        estimated?: boolean;
    }[];
    speaker?: string;
    /**
     * Of sources with several; the first is 0.
     */
    channel?: number;
    /**
     * From 0 to 1.
     */
    confidence?: number;
};
export type PartialMessage = Spoken & {
    type: 'transcript_partial';
};
export type FinalMessage = Spoken & {
    type: 'transcript_final';
    offset: number;
};
export type GapMessage = {
    type: 'gap';
    offset: number;
    startMs: number;
    endMs: number;
    cause: string;
};
export type StateMessage = {
    type: 'session_state';
    state: SessionState;
    durable?: false;
};
export type Ledger = {
    receivedMs: number;
    transcribedMs: number;
    gapMs: number;
};
export type EndMessage = {
    type: 'session_end';
    offset: number;
    reason: string;
    ledger: Ledger;
};
export type InsightMessage = {
    type: 'ai_insight';
    offset: number;
    fence: number;
    upToOffset: number;
    data: unknown;
};
export type LeaseMessage = {
    type: 'ai_lease';
    state: 'held' | 'taken' | 'free';
    fence: number;
    expiresInMs?: number;
};
export type ErrorMessage = {
    type: 'error';
    code: string;
    message: string;
    retryable: boolean;
};
export type RecordMessage = FinalMessage | GapMessage | EndMessage | InsightMessage;
export type ServerMessage = SessionMessage | PartialMessage | StateMessage | LeaseMessage | ErrorMessage | RecordMessage;
export type Check = (value: unknown) => boolean;
/**
 * A message as it came off the socket, checked; undefined when it is none that this client knows.
 *
 * @param {unknown} data
 * @returns {ServerMessage | undefined}
 */
export declare function parseMessage(data: unknown): ServerMessage | undefined;
