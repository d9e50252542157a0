/**
 * The small viewer client: follows a session over the WebSocket, attaches again by itself from where it was, and follows
 * the next run when one ends. For browsers, and for Node with its own WebSocket. Needs nothing else.
 *
 *     const viewer = new Viewer({ url: 'ws://127.0.0.1:8080/sessions/talk/live', listeners: { final: console.log } });
 */
import { AiCaller } from './ai-caller.js';
import type { ErrorMessage, PartialMessage, FinalMessage, GapMessage, EndMessage, InsightMessage, SessionMessage, SessionState } from './messages.js';
import type { Ending } from './retry.js';
import type { Lease } from './ai-caller.js';
/** @import { ErrorMessage, RecordMessage, PartialMessage, FinalMessage, GapMessage, EndMessage, InsightMessage, SessionMessage, SessionState } from './messages.js' */
/** @import { Ending } from './retry.js' */
/** @import { Lease } from './ai-caller.js' */
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
     * The AI lease has changed; only after `viewer.ai.acquire()`.
     */
    lease?: (lease: Lease) => void;
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
    /** The AI lease: `acquire`, `release`, `deliver`. @type {AiCaller} @readonly */
    readonly ai: AiCaller;
    /** @param {ViewerOptions} options */
    constructor(options: ViewerOptions);
    /** Attaches again at once, from where it was; for a device that has just woken or changed its network. */
    reconnect(): void;
    /** Leaves for good. */
    close(): void;
}
