import type { ErrorMessage, PartialMessage, FinalMessage, GapMessage, EndMessage, InsightMessage, SessionMessage, SessionState } from './messages.js';
import type { Ending } from './retry.js';
/** @import { ErrorMessage, RecordMessage, PartialMessage, FinalMessage, GapMessage, EndMessage, InsightMessage, SessionMessage, SessionState } from './messages.js' */
/** @import { Ending } from './retry.js' */
/** Subprotocol that the messages belong to. */
export declare const SUBPROTOCOL = "captiond.v2";
export type Connection = 'connecting' | 'open' | Ending;
export type ViewerListeners = {
    /**
     * It changed.
     */
    connection?: (connection: Connection, particulars: {
        reason: string;
        retryInMs?: number | undefined;
    }) => void;
    /**
     * A run that is new to this viewer; its records follow.
     */
    run?: (session: SessionMessage) => void;
    /**
     * Every new connection; records up to its `offset` are history.
     */
    attached?: (session: SessionMessage) => void;
    state?: (state: SessionState) => void;
    partial?: (partial: PartialMessage) => void;
    final?: (final: FinalMessage) => void;
    gap?: (gap: GapMessage) => void;
    insight?: (insight: InsightMessage) => void;
    /**
     * So many records of this run can never be had any more.
     */
    missed?: (count: number) => void;
    /**
     * The run is over.
     */
    end?: (end: EndMessage) => void;
    /**
     * The server's complaint about what it was sent.
     */
    error?: (error: ErrorMessage) => void;
};
export type ViewerOptions = {
    /**
     * `ws://HOST/sessions/SLUG/live`, or `wss:`; without a query.
     */
    url: string;
    listeners: ViewerListeners;
    /**
     * What the server wants to see; a function is asked for every
     * new connection, so that a viewer whose token has expired goes on with a fresh one.
     */
    token?: string | (() => string | Promise<string>);
    /**
     * Begin with all of the current run (the default), or with what comes from now on.
     */
    fromStart?: boolean;
    /**
     * False: finals only.
     */
    partials?: boolean;
    /**
     * Transcripts of this language alone, as a code such as `fr`; absent: of all.
     */
    language?: string;
    /**
     * How long a connection may take from its start to the first message.
     */
    connectTimeoutMs?: number;
    random?: () => number;
    /**
     * Monotonic milliseconds.
     */
    now?: () => number;
};
/** Follows one session until it is closed. */
export declare class Viewer {
    #private;
    /** @param {ViewerOptions} options */
    constructor(options: ViewerOptions);
    /** Attaches again at once, from where it was; for a device that has just woken or changed its network. */
    reconnect(): void;
    /** Leaves for good. */
    close(): void;
}
