/**
 * The viewers of one session, and the fan-out of its messages to them.
 *
 * A message is made into bytes once and written to every socket. A failed send, a slow viewer, a closed one concern
 * that viewer alone.
 */
import type { WebSocket } from 'ws';
import type { Log } from '../ports.ts';
import type { TranscriptLog } from '../log/port.ts';
import { closes } from '../wire/close-codes.ts';
import type { Close } from '../wire/close-codes.ts';
import type { Encoded } from '../wire/encoded.ts';
import { Moments } from './moments.ts';
import { sharedPasses } from './passes.ts';
import type { Passes } from './passes.ts';
import { Viewer } from './viewer.ts';
import type { SessionView, ViewerLimits, ViewerView } from './viewer.ts';

/** The moment that is the session's state. */
export const STATE = 'state';
/** Viewers served before other sessions and the rest of the server get their turn. */
const SLICE_VIEWERS = 256;

export interface HubOptions {
  log: TranscriptLog;
  limits: ViewerLimits;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** For the operator. */
  lines: Log;
  passes?: Passes;
  /** What came in `sinceMs` ago has been written to the last viewer that keeps up. */
  onDelivered?: (lagMs: number) => void;
}

/** What happened to viewers, since the session's start. */
export interface HubCounts {
  attached: number;
  slowCloses: number;
  failedSends: number;
}

export class ViewerHub {
  readonly #options: HubOptions;
  readonly #session: SessionView;
  readonly #viewers = new Set<Viewer>();
  readonly #moments = new Moments(STATE);
  #closing: Close | undefined;
  #onEmpty: (() => void) | undefined;
  /** When the oldest message of the next pass came in. */
  #waitingSinceMs: number | undefined;
  #isPassing = false;
  readonly counts: HubCounts = { attached: 0, slowCloses: 0, failedSends: 0 };

  constructor(options: HubOptions) {
    this.#options = options;
    this.#session = { log: options.log, moments: this.#moments, limits: options.limits };
  }

  /** Viewers whose sockets are not closed yet. */
  get size(): number {
    return this.#viewers.size;
  }

  get viewers(): Iterable<Viewer> {
    return this.#viewers;
  }

  /** Gives a newcomer everything that there is, and closes it: the session is over. */
  replay(socket: WebSocket, view: ViewerView, hello: Encoded): void {
    const viewer = new Viewer(socket, view, this.#moments.turn);
    viewer.send(hello);
    viewer.dismiss(this.#session, closes.sessionEnded);
  }

  /** Takes a viewer in; `hello` goes first. Undefined when the session takes none any more. */
  attach(socket: WebSocket, view: ViewerView, hello: Encoded): Viewer | undefined {
    if (this.#closing !== undefined) {
      socket.close(this.#closing.code, this.#closing.reason);
      return undefined;
    }
    const viewer = new Viewer(socket, view, this.#moments.turn);
    this.#viewers.add(viewer);
    this.counts.attached += 1;
    socket.once('close', () => this.#forget(viewer));
    socket.on('error', () => {
      this.counts.failedSends += 1;
      socket.terminate();
    });
    viewer.send(hello);
    this.#deliver(viewer);
    return viewer;
  }

  /** A record has been appended to the log. */
  recorded(): void {
    this.#schedule();
  }

  /** `key` is `message` from now on. */
  moment(key: string, message: Encoded): void {
    this.#moments.set(key, message);
    this.#schedule();
  }

  /** `key` has become a record. */
  settled(key: string): void {
    this.#moments.delete(key);
  }

  /** Closes every viewer after what it still has to get. `onEmpty` is called when the last socket is closed. */
  close(close: Close, onEmpty: () => void): void {
    this.#closing = close;
    this.#onEmpty = onEmpty;
    for (const viewer of this.#viewers) viewer.dismiss(this.#session, close);
    this.#tellEmpty();
  }

  /** Destroys every socket that is left. */
  terminate(): void {
    for (const { socket } of this.#viewers) socket.terminate();
  }

  #schedule(): void {
    this.#waitingSinceMs ??= this.#options.nowMs();
    if (this.#isPassing || this.#viewers.size === 0) return;
    this.#isPassing = true;
    const passes = this.#options.passes ?? sharedPasses;
    let pass: { left: Viewer[]; sinceMs: number } | undefined;
    passes.start(() => {
      pass ??= this.#beginPass();
      for (const viewer of pass.left.splice(-SLICE_VIEWERS)) this.#deliver(viewer);
      if (pass.left.length > 0) return true;
      this.#endPass(pass.sinceMs);
      return false;
    });
  }

  #beginPass(): { left: Viewer[]; sinceMs: number } {
    const sinceMs = this.#waitingSinceMs ?? this.#options.nowMs();
    this.#waitingSinceMs = undefined;
    return { left: [...this.#viewers], sinceMs };
  }

  #endPass(sinceMs: number): void {
    this.#isPassing = false;
    this.#options.onDelivered?.(this.#options.nowMs() - sinceMs);
    if (this.#waitingSinceMs !== undefined) this.#schedule();
  }

  #deliver(viewer: Viewer): void {
    const delivery = viewer.deliver(this.#session, () => {
      if (this.#viewers.has(viewer) && this.#closing === undefined) this.#deliver(viewer);
    });
    if (delivery !== 'too_slow') return;
    this.counts.slowCloses += 1;
    this.#options.lines.info('a viewer is too slow and is closed', { offset: this.#session.log.lastOffset });
    viewer.close(closes.tooSlow);
  }

  #forget(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#closing === undefined || this.#viewers.size > 0) return;
    const onEmpty = this.#onEmpty;
    this.#onEmpty = undefined;
    onEmpty?.();
  }
}
