/**
 * The viewers of one session, and the fan-out of its messages to them.
 *
 * A message is made into bytes once and written to every line. A failed send, a slow viewer, a closed one concern that
 * viewer alone.
 */
import PQueue from 'p-queue';
import type { LimitName } from '../limit-names.ts';
import type { Log } from '../ports.ts';
import { callInto } from '../call-into.ts';
import { closes } from '../wire/close-codes.ts';
import type { Close } from '../wire/close-codes.ts';
import type { Encoded } from '../wire/encoded.ts';
import { Bundles } from './bundles.ts';
import type { ViewerLine } from './line.ts';
import { Moments } from './moments.ts';
import { sharedPasses } from './passes.ts';
import type { Passes } from './passes.ts';
import type { Records } from './records.ts';
import { Viewer } from './viewer.ts';
import type { SessionView, ViewerLimits, ViewerView } from './session-view.ts';

/** The moment that is the session's state. */
export const STATE = 'state';
/** Viewers served before other sessions and the rest of the server get their turn. */
const SLICE_VIEWERS = 128;

export interface HubOptions {
  records: Records;
  limits: ViewerLimits;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** For the operator. */
  lines: Log;
  passes?: Passes;
  /** What came in `lagMs` ago has been written to the last viewer that keeps up. */
  onDelivered?: (lagMs: number) => void;
  /** A viewer has sent a text. */
  onHeard?: (viewer: Viewer, text: string) => void;
  /** A viewer has sent more than it may; it was not looked at. `excess` counts. */
  onExcess?: (viewer: Viewer, limit: LimitName, excess: number) => void;
}

/** What happened to viewers, since the session's start. */
export interface HubCounts {
  attached: number;
  slowCloses: number;
  failedSends: number;
  /** Partials that a viewer never got because something newer came, over all viewers. */
  droppedPartials: number;
}

export class ViewerHub {
  readonly #options: HubOptions;
  readonly #session: SessionView;
  readonly #viewers = new Set<Viewer>();
  readonly #moments = new Moments(STATE);
  #closing: Close | undefined;
  #onEmpty: (() => void) | undefined;
  /** When the oldest message of the next pass came in; undefined when none waits. */
  #waitingSinceMs: number | undefined;
  /** Passes of one session follow each other. */
  readonly #broadcasts = new PQueue({ concurrency: 1 });
  readonly #bundles: Bundles;
  readonly #call = callInto();
  readonly counts: HubCounts = { attached: 0, slowCloses: 0, failedSends: 0, droppedPartials: 0 };

  constructor(options: HubOptions) {
    this.#options = options;
    const { records, limits, nowMs } = options;
    this.#bundles = new Bundles(records, this.#moments);
    this.#session = { records, limits, nowMs, moments: this.#moments, bundles: this.#bundles, counts: this.counts };
  }

  /** Viewers whose lines are not closed yet. */
  get size(): number {
    return this.#viewers.size;
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  /** Takes a viewer in; `hello` goes first. Undefined when the session takes none any more. */
  attach(line: ViewerLine, view: ViewerView, hello: Encoded): Viewer | undefined {
    if (this.#closing !== undefined) {
      line.end(this.#closing);
      return undefined;
    }
    const nowMs = this.#options.nowMs();
    const viewer = new Viewer(line, view, { turn: this.#moments.turn, nowMs, phase: Math.random() });
    this.#viewers.add(viewer);
    this.counts.attached += 1;
    line.listener = {
      heard: (text, bytes) => this.#call(() => this.#heard(viewer, text, bytes)),
      chattered: (bytes) => this.#call(() => void this.#admits(viewer, bytes)),
      answered: (count) => this.#call(() => this.#answered(viewer, count)),
      failed: () => this.#call(() => this.#failed(viewer)),
      closed: () => this.#call(() => this.#forget(viewer)),
    };
    viewer.send(hello, nowMs);
    this.#deliver(viewer);
    return viewer;
  }

  /** More records may be shown. */
  recorded(): void {
    this.#bundles.clear();
    this.#schedule();
  }

  /** `key` is `message` from now on. */
  moment(key: string, message: Encoded): void {
    this.#moments.set(key, message);
    this.#bundles.clear();
    this.#schedule();
  }

  /** `key` has become a record. */
  settled(key: string): void {
    this.#moments.delete(key);
    this.#bundles.clear();
  }

  /** Closes every viewer after what it still has to get. `onEmpty` is called when the last line is closed. */
  close(close: Close, onEmpty: () => void): void {
    this.#closing = close;
    this.#onEmpty = onEmpty;
    for (const viewer of this.#viewers) this.#deliver(viewer);
    this.#tellEmpty();
  }

  /** Closes a viewer that cannot keep up; it may resume with its cursor. */
  tooSlow(viewer: Viewer): void {
    if (!viewer.isOpen) return;
    this.counts.slowCloses += 1;
    this.#options.lines.info('a viewer is too slow and is closed', { offset: viewer.offset });
    viewer.close(closes.tooSlow);
  }

  /** Destroys every line that is left. */
  terminate(): void {
    for (const { line } of this.#viewers) line.terminate();
  }

  #schedule(): void {
    if (this.#waitingSinceMs !== undefined || this.#viewers.size === 0) return;
    this.#waitingSinceMs = this.#options.nowMs();
    void this.#broadcasts.add(() => this.#pass());
  }

  /** Gives everybody what is new. What comes in meanwhile is given at once to those who had not had their turn. */
  async #pass(): Promise<void> {
    let left: Viewer[] | undefined;
    let sinceMs = 0;
    await (this.#options.passes ?? sharedPasses).run(() => {
      if (left === undefined) {
        left = [...this.#viewers];
        sinceMs = this.#waitingSinceMs ?? this.#options.nowMs();
        this.#waitingSinceMs = undefined;
      }
      for (const viewer of left.splice(-SLICE_VIEWERS)) this.#deliver(viewer);
      return left.length > 0;
    });
    this.#options.onDelivered?.(this.#options.nowMs() - sinceMs);
  }

  /** A viewer that lagged may be given more; its own socket says so. */
  readonly #resume = (viewer: Viewer): void => this.#call(() => this.#deliver(viewer));

  /** Shared by all viewers: what it closes over would cost each of them its bytes. */
  readonly #deliver = (viewer: Viewer): void => {
    if (!this.#viewers.has(viewer)) return;
    const delivery = viewer.deliver(this.#session, this.#resume);
    if (delivery === 'live' && this.#closing !== undefined && this.#session.records.isSettled) {
      viewer.close(this.#closing);
    }
    if (delivery === 'unreadable') viewer.close(closes.logUnavailable);
    if (delivery === 'too_slow') this.tooSlow(viewer);
  };

  #heard(viewer: Viewer, text: string, bytes: number): void {
    if (this.#admits(viewer, bytes)) this.#options.onHeard?.(viewer, text);
  }

  /** Is what a viewer has sent within its budget? */
  #admits(viewer: Viewer, bytes: number): boolean {
    if (!viewer.isOpen) return false;
    const nowMs = this.#options.nowMs();
    const budget = viewer.inbound(nowMs);
    const limit = budget.take(bytes, nowMs);
    if (limit !== undefined) this.#options.onExcess?.(viewer, limit, budget.excess);
    return limit === undefined;
  }

  #answered(viewer: Viewer, count: number | undefined): void {
    viewer.unanswered = 0;
    if (count === undefined) return;
    viewer.confirmed(count, this.#options.nowMs());
    this.#deliver(viewer);
  }

  #failed(viewer: Viewer): void {
    this.counts.failedSends += 1;
    this.#options.lines.info('a viewer is removed: its line failed', { offset: viewer.offset });
  }

  #forget(viewer: Viewer): void {
    viewer.left();
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
