/**
 * What the server sends a viewer over `captiond.v2`, and the one place where it is checked.
 *
 * Times are integer milliseconds on the session's audio clock. Unknown fields are kept, unknown types are skipped, so
 * that an old client goes on working with a newer server.
 */

/** @typedef {'awaiting' | 'live' | 'publisher_lost' | 'transcriber_lost' | 'ended'} SessionState */

/**
 * First message of every connection.
 *
 * @typedef {object} SessionMessage
 * @property {'session'} type
 * @property {string} slug
 * @property {number} epoch The run of the session.
 * @property {number} offset The newest record there is.
 * @property {SessionState} state
 * @property {string} startedAt ISO 8601 UTC.
 * @property {string} [transcriber]
 * @property {boolean} resumed False: the cursor could not be honoured; history starts at `firstOffset`.
 * @property {number} [firstOffset]
 * @property {false} [durable] False: what is shown now may be gone after a failure of the server.
 */

/**
 * Text of one utterance: a partial is replaced by the next of the same `utteranceId`, a final never changes.
 *
 * @typedef {object} Spoken
 * @property {string} utteranceId
 * @property {string} text
 * @property {number} startMs
 * @property {number} endMs
 * @property {string} language BCP 47.
 * @property {{ text: string, startMs: number, endMs: number, estimated?: boolean }[]} [words]
 * @property {string} [speaker]
 * @property {number} [channel] Of sources with several; the first is 0.
 * @property {number} [confidence] From 0 to 1.
 */

/** @typedef {Spoken & { type: 'transcript_partial' }} PartialMessage */
/** @typedef {Spoken & { type: 'transcript_final', offset: number }} FinalMessage */
/** @typedef {{ type: 'gap', offset: number, startMs: number, endMs: number, cause: string }} GapMessage */
/** @typedef {{ type: 'session_state', state: SessionState, durable?: false }} StateMessage */
/** @typedef {{ receivedMs: number, transcribedMs: number, gapMs: number }} Ledger */
/** @typedef {{ type: 'session_end', offset: number, reason: string, ledger: Ledger }} EndMessage */
/** @typedef {{ type: 'ai_insight', offset: number, fence: number, upToOffset: number, data: unknown }} InsightMessage */
/** @typedef {{ type: 'ai_lease', state: 'held' | 'taken' | 'free', fence: number, expiresInMs?: number }} LeaseMessage */
/** @typedef {{ type: 'error', code: string, message: string, retryable: boolean }} ErrorMessage */

/** Messages that are stored and numbered. @typedef {FinalMessage | GapMessage | EndMessage | InsightMessage} RecordMessage */
/** @typedef {SessionMessage | PartialMessage | StateMessage | LeaseMessage | ErrorMessage | RecordMessage} ServerMessage */

/** @typedef {(value: unknown) => boolean} Check */

/** @type {Check} */
const isText = (value) => typeof value === 'string';
/** @type {Check} */
const isFlag = (value) => typeof value === 'boolean';
/** @type {Check} */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @type {Check} */
const isNumber = (value) => Number.isFinite(value);
/** @type {Check} */
const isState = (value) => isText(value) && Object.hasOwn(states, String(value));
/** @type {Check} */
const isLedger = (value) => hasFields(value, { receivedMs: isNumber, transcribedMs: isNumber, gapMs: isNumber });

const states = { awaiting: 0, live: 0, publisher_lost: 0, transcriber_lost: 0, ended: 0 };
const spoken = { utteranceId: isText, text: isText, startMs: isNumber, endMs: isNumber, language: isText };

/** Fields that a message must have to be of any use. @type {Readonly<Record<string, Readonly<Record<string, Check>>>>} */
const required = {
  session: { slug: isText, epoch: isCount, offset: isCount, state: isState, startedAt: isText, resumed: isFlag },
  transcript_partial: spoken,
  transcript_final: { ...spoken, offset: isCount },
  gap: { offset: isCount, startMs: isNumber, endMs: isNumber, cause: isText },
  session_state: { state: isState },
  session_end: { offset: isCount, reason: isText, ledger: isLedger },
  ai_insight: { offset: isCount, fence: isCount, upToOffset: isCount },
  ai_lease: { state: (value) => value === 'held' || value === 'taken' || value === 'free', fence: isCount },
  error: { code: isText, message: isText },
};

/**
 * A message as it came off the socket, checked; undefined when it is none that this client knows.
 *
 * @param {unknown} data
 * @returns {ServerMessage | undefined}
 */
export function parseMessage(data) {
  if (typeof data !== 'string') return undefined;
  try {
    const message = JSON.parse(data);
    if (!hasFields(message, { type: isText }) || !Object.hasOwn(required, message.type)) return undefined;
    return hasFields(message, required[message.type] ?? {}) ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @param {Readonly<Record<string, Check>>} fields
 */
function hasFields(value, fields) {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(fields).every(([name, isGood]) => isGood(Reflect.get(value, name)));
}
