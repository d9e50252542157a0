/**
 * The AI lease of a session from a viewer's side: asks for it, keeps it up while it is wanted, stands in line again after it
 * was lost, and delivers insights under it. At most one viewer of a session holds it at a time.
 */
import type { ErrorMessage, LeaseMessage } from './messages.js';
export type Lease = {
    state: 'held' | 'taken' | 'free' | 'unknown';
    /**
     * Of the newest holder; grows with each. 0 before the first.
     */
    fence: number;
};
export type Insight = {
    /**
     * Of the lease that was held when the model was called.
     */
    fence: number;
    /**
     * The records up to this offset were looked at.
     */
    upToOffset: number;
    /**
     * Any JSON value: at most 8 levels, and 15,360 bytes as JSON.
     */
    data: unknown;
};
export type AiCallerOptions = {
    /**
     * Says it to the server; false when there is no connection.
     */
    send: (message: object) => boolean;
    changed: (lease: Lease) => void;
    random: () => number;
};
/** Wants the lease, or does not; everything else follows. */
export declare class AiCaller {
    #private;
    /** @param {AiCallerOptions} options */
    constructor(options: AiCallerOptions);
    /** How the lease stands. */
    get lease(): Lease;
    /** Wants the lease from now on, over all connections, until `release`. */
    acquire(): void;
    /** Gives it up, or the place in line. */
    release(): void;
    /**
     * Delivers an insight. It comes back to everybody as a record; if it is refused the viewer hears an `error`.
     *
     * @param {Insight} insight
     * @returns {boolean} False, and nothing was sent, when the lease of that fence is not held any more.
     */
    deliver({ fence, upToOffset, data }: Insight): boolean;
    /** The viewer is attached (again). */
    attached(): void;
    /** The connection is gone, and the lease with it. */
    detached(): void;
    /**
     * The server says how the lease stands.
     *
     * @param {LeaseMessage} message
     */
    heard({ state, fence, expiresInMs }: LeaseMessage): void;
    /**
     * The server has refused something.
     *
     * @param {ErrorMessage} error
     */
    refused({ code }: ErrorMessage): void;
}
