/**
 * The AI lease of a session from a viewer's side: asks for it, keeps it up while it is wanted, stands in line again after it
 * was lost, and delivers insights under it. At most one viewer of a session holds it at a time.
 */

/** @import { ErrorMessage, LeaseMessage } from './messages.js' */

/**
 * How the lease stands: `held` by this viewer, `taken` by another, `free`, or `unknown` while there is no connection or no
 * answer yet. Call the model only while it is `held`, and deliver what it says under the `fence` that the lease had then.
 *
 * @typedef {object} Lease
 * @property {'held' | 'taken' | 'free' | 'unknown'} state
 * @property {number} fence Of the newest holder; grows with each. 0 before the first.
 */

/**
 * What a model made of the transcript.
 *
 * @typedef {object} Insight
 * @property {number} fence Of the lease that was held when the model was called.
 * @property {number} upToOffset The records up to this offset were looked at.
 * @property {unknown} data Any JSON value: at most 8 levels, and 15,360 bytes as JSON.
 */

/**
 * @typedef {object} AiCallerOptions
 * @property {(message: object) => boolean} send Says it to the server; false when there is no connection.
 * @property {(lease: Lease) => void} changed
 * @property {() => number} random
 */

/** The lease is renewed after this share of its time. */
const RENEWED_AFTER = 1 / 3;
/** It counts as lost this share of its time before it is, for the answer was under way. */
const LOST_BEFORE = 1 / 10;
/** Between two attempts to get what the server could not give, in milliseconds. */
const RETRY_FIRST_MS = 1_000;
const RETRY_SPREAD_MS = 2_000;

/** Codes of errors after which asking again is pointless. */
const hopeless = new Set(['ai_off', 'token_not_for_this']);
const retryable = new Set(['log_unavailable', 'ai_line_full']);

/** Wants the lease, or does not; everything else follows. */
export class AiCaller {
  #options;
  #isWanted = false;
  /** @type {Lease} */
  #lease = { state: 'unknown', fence: 0 };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #expiry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** @param {AiCallerOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** How the lease stands. */
  get lease() {
    return this.#lease;
  }

  /** Wants the lease from now on, over all connections, until `release`. */
  acquire() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#ask();
  }

  /** Gives it up, or the place in line. */
  release() {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#stop();
    this.#options.send({ type: 'ai_release', fence: this.#lease.fence });
  }

  /**
   * Delivers an insight. It comes back to everybody as a record; if it is refused the viewer hears an `error`.
   *
   * @param {Insight} insight
   * @returns {boolean} False, and nothing was sent, when the lease of that fence is not held any more.
   */
  deliver({ fence, upToOffset, data }) {
    if (this.#lease.state !== 'held' || this.#lease.fence !== fence) return false;
    return this.#options.send({ type: 'ai_insight', fence, upToOffset, data });
  }

  /** The viewer is attached (again). */
  attached() {
    if (this.#isWanted) this.#ask();
  }

  /** The connection is gone, and the lease with it. */
  detached() {
    this.#stop();
    this.#become({ state: 'unknown', fence: this.#lease.fence });
  }

  /**
   * The server says how the lease stands.
   *
   * @param {LeaseMessage} message
   */
  heard({ state, fence, expiresInMs = 0 }) {
    const wasHeld = this.#lease.state === 'held';
    this.#stop();
    if (state === 'held') this.#keep(fence, expiresInMs);
    this.#become({ state, fence });
    // Who has lost it stands in no line any more.
    if (this.#isWanted && (state === 'free' || (state === 'taken' && wasHeld))) this.#ask();
    if (state === 'held' && !this.#isWanted) this.#options.send({ type: 'ai_release', fence });
  }

  /**
   * The server has refused something.
   *
   * @param {ErrorMessage} error
   */
  refused({ code }) {
    if (hopeless.has(code)) this.#isWanted = false;
    if (!this.#isWanted || !retryable.has(code)) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#ask(), RETRY_FIRST_MS + this.#options.random() * RETRY_SPREAD_MS);
  }

  #ask() {
    this.#options.send({ type: 'ai_acquire' });
  }

  /**
   * @param {number} fence
   * @param {number} expiresInMs
   */
  #keep(fence, expiresInMs) {
    this.#renewal = setTimeout(() => this.#options.send({ type: 'ai_renew', fence }), expiresInMs * RENEWED_AFTER);
    this.#expiry = setTimeout(
      () => {
        this.#become({ state: 'unknown', fence });
        this.#ask();
      },
      expiresInMs * (1 - LOST_BEFORE),
    );
  }

  #stop() {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    clearTimeout(this.#retry);
  }

  /** @param {Lease} lease */
  #become(lease) {
    const isSame = lease.state === this.#lease.state && lease.fence === this.#lease.fence;
    this.#lease = lease;
    if (!isSame) this.#options.changed(lease);
  }
}
