/**
 * The small viewer client: follows a session over the WebSocket, attaches again by itself from where it was, and follows
 * the next run when one ends. For browsers, and for Node with its own WebSocket. Needs nothing else.
 *
 *     const viewer = new Viewer({ url: 'ws://127.0.0.1:8080/sessions/talk/live', listeners: { final: console.log } });
 */
import { AiCaller } from './ai-caller.js';
import { Cursor } from './cursor.js';
import { parseMessage } from './messages.js';
import { endingOf, retryDelayMs } from './retry.js';

/** @import { ErrorMessage, RecordMessage, PartialMessage, FinalMessage, GapMessage, EndMessage, InsightMessage, SessionMessage, SessionState } from './messages.js' */
/** @import { Ending } from './retry.js' */
/** @import { Lease } from './ai-caller.js' */

/** Subprotocol that the messages belong to. */
export const SUBPROTOCOL = 'captiond.v2';
/** How long a connection may take from its start to the first message, unless told otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that lasted this long was a good one: the next attempt is soon. */
const STABLE_MS = 5_000;
/** Code for leaving from this side (RFC 6455, section 7.4.1). */
const GOING = 1000;

/**
 * How the connection is: `connecting` before the first answer, `open` while messages come, else how it ended.
 *
 * @typedef {'connecting' | 'open' | Ending} Connection
 */

/**
 * Everything that a viewer may be told; each is optional. Records come in order, each once.
 *
 * @typedef {object} ViewerListeners
 * @property {(connection: Connection, particulars: { reason: string, retryInMs?: number | undefined }) => void} [connection]
 *   It changed.
 * @property {(session: SessionMessage) => void} [run] A run that is new to this viewer; its records follow.
 * @property {(session: SessionMessage) => void} [attached] Every new connection; records up to its `offset` are history.
 * @property {(state: SessionState) => void} [state]
 * @property {(partial: PartialMessage) => void} [partial]
 * @property {(final: FinalMessage) => void} [final]
 * @property {(gap: GapMessage) => void} [gap]
 * @property {(insight: InsightMessage) => void} [insight]
 * @property {(lease: Lease) => void} [lease] The AI lease has changed; only after `viewer.ai.acquire()`.
 * @property {(count: number) => void} [missed] So many records of this run can never be had any more.
 * @property {(end: EndMessage) => void} [end] The run is over.
 * @property {(error: ErrorMessage) => void} [error] The server's complaint about what it was sent.
 */

/**
 * @typedef {object} ViewerOptions
 * @property {string} url `ws://HOST/sessions/SLUG/live`, or `wss:`; without a query.
 * @property {ViewerListeners} listeners
 * @property {string | (() => string | Promise<string>)} [token] What the server wants to see; a function is asked for every
 *   new connection, so that a viewer whose token has expired goes on with a fresh one.
 * @property {boolean} [fromStart] Begin with all of the current run (the default), or with what comes from now on.
 * @property {boolean} [partials] False: finals only.
 * @property {string} [language] Transcripts of this language alone, as a code such as `fr`; absent: of all.
 * @property {number} [connectTimeoutMs] How long a connection may take from its start to the first message.
 * @property {() => number} [random]
 * @property {() => number} [now] Monotonic milliseconds.
 */

/** Close code of a token that is missing, wrong or expired. */
const TOKEN_REFUSED = 4001;

const defaults = {
  token: /** @type {ViewerOptions['token']} */ (undefined),
  fromStart: true,
  partials: true,
  language: /** @type {string | undefined} */ (undefined),
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  random: Math.random,
  now: () => performance.now(),
};

/** Follows one session until it is closed. */
export class Viewer {
  #options;
  #cursor = new Cursor();
  /** @type {Connection} */
  #connection = 'connecting';
  /** @type {WebSocket | undefined} */
  #socket;
  /** The attempt to connect that counts. @type {object | undefined} */
  #attempt;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** How connections ended, and how often in a row. @type {{ ending: Ending, attempt: number }} */
  #failures = { ending: 'lost', attempt: 0 };
  #attachedAtMs = Number.POSITIVE_INFINITY;
  #hasEnded = false;
  #isClosed = false;
  /** The AI lease: `acquire`, `release`, `deliver`. @type {AiCaller} @readonly */
  ai;

  /** @param {ViewerOptions} options */
  constructor(options) {
    this.#options = { ...defaults, ...options };
    this.ai = new AiCaller({
      send: (message) => this.#say(message),
      changed: (lease) => this.#options.listeners.lease?.(lease),
      random: this.#options.random,
    });
    this.#attach();
  }

  /** Attaches again at once, from where it was; for a device that has just woken or changed its network. */
  reconnect() {
    if (this.#isClosed || this.#connection === 'refused') return;
    this.#leave();
    this.#attach();
  }

  /** Leaves for good. */
  close() {
    this.#leave();
    this.#isClosed = true;
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#attempt = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(GOING);
    this.ai.detached();
  }

  /** @param {object} message */
  #say(message) {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN;
    if (isOpen) this.#socket?.send(JSON.stringify(message));
    return isOpen;
  }

  #attach() {
    const { token, connectTimeoutMs } = this.#options;
    this.#attachedAtMs = Number.POSITIVE_INFINITY;
    this.#timer = setTimeout(() => this.#over(1006, 'no answer'), connectTimeoutMs);
    if (typeof token !== 'function') return this.#connect(token);
    const attempt = {};
    this.#attempt = attempt;
    const asked = Promise.resolve().then(token);
    asked.then(
      (fresh) => attempt === this.#attempt && this.#connect(fresh),
      () => attempt === this.#attempt && this.#over(1006, 'no token'),
    );
  }

  /** The token goes as a subprotocol: browsers can set no header here, and addresses end up in logs. @param {string} [token] */
  #connect(token) {
    const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `token.${token}`];
    const socket = new WebSocket(this.#address(), protocols);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#take(data);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket === this.#socket) this.#over(code, reason);
    });
  }

  #address() {
    const { url, fromStart, partials, language } = this.#options;
    const address = new URL(url);
    if (fromStart || this.#cursor.epoch !== undefined) address.searchParams.set('after', String(this.#cursor));
    if (language !== undefined) address.searchParams.set('language', language);
    if (!partials) address.searchParams.set('partials', '0');
    return address;
  }

  /** @param {unknown} data */
  #take(data) {
    const message = parseMessage(data);
    const { listeners } = this.#options;
    if (message === undefined) return;
    if (message.type === 'session') this.#begin(message);
    else if (message.type === 'session_state') listeners.state?.(message.state);
    else if (message.type === 'transcript_partial') listeners.partial?.(message);
    else if (message.type === 'ai_lease') this.ai.heard(message);
    else if (message.type === 'error') {
      this.ai.refused(message);
      listeners.error?.(message);
    } else this.#record(message);
  }

  /** @param {SessionMessage} session */
  #begin(session) {
    clearTimeout(this.#timer);
    const { listeners, fromStart, now } = this.#options;
    const isFirst = this.#cursor.epoch === undefined;
    const { isNewRun, missed } = this.#cursor.attach(session);
    if (isFirst && !fromStart) this.#cursor.offset = session.offset;
    this.#attachedAtMs = now();
    if (isNewRun) this.#hasEnded = false;
    if (!this.#hasEnded) this.#become('open', { reason: '' });
    if (isNewRun) listeners.run?.(session);
    listeners.attached?.(session);
    this.ai.attached();
    if (missed > 0 && !isFirst) listeners.missed?.(missed);
    listeners.state?.(session.state);
  }

  /** @param {RecordMessage} record */
  #record(record) {
    const before = this.#cursor.offset;
    const place = this.#cursor.place(record.offset);
    if (place === 'ask_again') return this.reconnect();
    if (place === 'skip') return;
    const { listeners } = this.#options;
    this.#failures.attempt = 0;
    if (record.offset > before + 1) listeners.missed?.(record.offset - before - 1);
    if (record.type === 'transcript_final') listeners.final?.(record);
    else if (record.type === 'gap') listeners.gap?.(record);
    else if (record.type === 'ai_insight') listeners.insight?.(record);
    else if (record.type === 'session_end') {
      this.#hasEnded = true;
      listeners.end?.(record);
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #over(code, reason) {
    this.#leave();
    const canRenew = code === TOKEN_REFUSED && typeof this.#options.token === 'function';
    const ending = canRenew ? 'lost' : endingOf(code, reason);
    const wasStable = this.#options.now() - this.#attachedAtMs >= STABLE_MS;
    const isAnother = wasStable || ending !== this.#failures.ending;
    this.#failures = { ending, attempt: isAnother ? 0 : this.#failures.attempt };
    const retryInMs = retryDelayMs(ending, this.#failures.attempt, this.#options.random);
    this.#failures.attempt += 1;
    const isStillEnded = this.#hasEnded && ending !== 'refused';
    this.#become(isStillEnded ? 'ended' : ending, { reason, retryInMs });
    if (retryInMs !== undefined) this.#timer = setTimeout(() => this.#attach(), retryInMs);
  }

  /**
   * @param {Connection} connection
   * @param {{ reason: string, retryInMs?: number | undefined }} particulars
   */
  #become(connection, particulars) {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#options.listeners.connection?.(connection, particulars);
  }
}
