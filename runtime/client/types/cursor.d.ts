/**
 * Where a viewer is in a session's records, so that none is shown twice and none is missed.
 *
 * Offsets of one run are consecutive. A record that was seen before is skipped; one that comes too early means that
 * others got lost on the way, and the viewer attaches again from where it is.
 */
export declare class Cursor {
    #private;
    /** The run; undefined before the first `session` message. @type {number | undefined} */
    epoch: number | undefined;
    /** The newest record that was taken. */
    offset: number;
    /** For the `after` of a request. */
    toString(): string;
    /**
     * Takes the `session` message of a new connection.
     *
     * @param {import('./messages.js').SessionMessage} session
     * @returns {{ isNewRun: boolean, missed: number }} `missed`: records of this run that are gone for good.
     */
    attach({ epoch, resumed, firstOffset }: import('./messages.js').SessionMessage): {
        isNewRun: boolean;
        missed: number;
    };
    /**
     * What to do with a record: take it, skip it because it was taken before, or ask again because one before it is
     * missing. A hole that is still there after asking is taken as it is.
     *
     * @param {number} offset
     * @returns {'take' | 'skip' | 'ask_again'}
     */
    place(offset: number): 'take' | 'skip' | 'ask_again';
}
