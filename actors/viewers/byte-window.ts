/**
 * How much of what was written to a viewer it has not confirmed, and how much more it may get.
 *
 * What the kernel has taken may still be far from the viewer: megabytes lie in buffers that this process cannot see. A
 * ping behind the data, whose pong brings the byte count back, can. It costs, so a viewer whose pongs come in time is
 * asked once per 64 KiB, or 16 KiB when that takes it a second; one that is late is suspect: it is asked every 4 KiB and gets no more than 16 KiB ahead of what
 * it has confirmed, until ten pongs in a row come in time.
 */

/** Between two pings, in bytes. */
export const PING_EVERY_BYTES = 65_536;
/** The same when the last ping was longer ago than `PING_SOON_MS`. */
export const PING_SOON_BYTES = 16_384;
export const PING_SOON_MS = 1_000;
export const SUSPECT_PING_EVERY_BYTES = 4_096;
/** Unconfirmed bytes that a suspect viewer may have. */
export const SUSPECT_WINDOW_BYTES = 16_384;
/** A pong that takes longer is late. */
export const LATE_MS = 1_000;
/** Pongs in time, in a row, after which a viewer is no longer suspect. */
export const TRUSTED_AFTER = 10;

export class ByteWindow {
  #sent = 0;
  #confirmed = 0;
  /** Count of the newest ping. */
  #pinged: number;
  /** When it left. */
  #pingedAtMs: number;
  /** When the oldest ping without an answer left; undefined when there is none. */
  #askedAtMs: number | undefined;
  #isSuspect = false;
  #inTime = 0;

  /** @param phase From 0 to 1: how much of the first 16 KiB is skipped, so that viewers are not all asked together. */
  constructor(phase: number, nowMs: number) {
    this.#pinged = -Math.floor(phase * PING_SOON_BYTES);
    this.#pingedAtMs = nowMs;
  }

  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  get sentBytes(): number {
    return this.#sent;
  }

  get confirmedBytes(): number {
    return this.#confirmed;
  }

  /** So many bytes were written. Returns the count that a ping has to carry now, if one is due. */
  sent(bytes: number, nowMs: number): number | undefined {
    this.#sent += bytes;
    this.#look(nowMs);
    return this.#sent - this.#pinged >= this.#every(nowMs) ? this.#ask(nowMs) : undefined;
  }

  /**
   * May it get more? When not, a ping is on its way or `ask` says what it has to carry, and an answer will come or the
   * viewer is gone.
   */
  admits(nowMs: number): { more: boolean; ask?: number } {
    this.#look(nowMs);
    if (!this.#isSuspect || this.#sent - this.#confirmed < SUSPECT_WINDOW_BYTES) return { more: true };
    if (this.#askedAtMs !== undefined) return { more: false };
    return { more: false, ask: this.#ask(nowMs) };
  }

  /** The pong of a ping with this count. */
  answered(count: number, nowMs: number): void {
    if (count > this.#sent || count < this.#confirmed) return;
    this.#look(nowMs);
    this.#confirmed = count;
    const wasLate = this.#askedAtMs !== undefined && nowMs - this.#askedAtMs > LATE_MS;
    this.#inTime = wasLate ? 0 : this.#inTime + 1;
    if (this.#inTime >= TRUSTED_AFTER) this.#isSuspect = false;
    this.#askedAtMs = count >= this.#pinged ? undefined : nowMs;
  }

  #every(nowMs: number): number {
    if (this.#isSuspect) return SUSPECT_PING_EVERY_BYTES;
    return nowMs - this.#pingedAtMs > PING_SOON_MS ? PING_SOON_BYTES : PING_EVERY_BYTES;
  }

  #ask(nowMs: number): number {
    this.#pinged = this.#sent;
    this.#pingedAtMs = nowMs;
    this.#askedAtMs ??= nowMs;
    return this.#sent;
  }

  #look(nowMs: number): void {
    if (this.#askedAtMs === undefined || nowMs - this.#askedAtMs <= LATE_MS) return;
    this.#isSuspect = true;
    this.#inTime = 0;
  }
}
