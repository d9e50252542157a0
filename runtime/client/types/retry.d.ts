/** When to attach again after a connection has ended. Pure: chance is an argument. */
export type Ending = 'no_session' | 'ended' | 'restarting' | 'full' | 'lost' | 'refused';
/**
 * @param {number} code Close code; 1006 when the connection was cut or never made.
 * @param {string} reason
 * @returns {Ending}
 */
export declare function endingOf(code: number, reason: string): Ending;
/**
 * How long to wait, in milliseconds; undefined when there is no point in trying again.
 *
 * @param {Ending} ending
 * @param {number} attempt Attempts that ended in the same way before; 0 at first.
 * @param {() => number} random From 0 to below 1.
 * @returns {number | undefined}
 */
export declare function retryDelayMs(ending: Ending, attempt: number, random: () => number): number | undefined;
