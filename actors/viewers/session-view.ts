/** What one viewer sees of its session, and what its session sees of it. */
import type { Bundles, ViewerChoice } from './bundles.ts';
import type { Moments } from './moments.ts';
import type { Records } from './records.ts';

/** How far a viewer may fall behind. */
export interface ViewerLimits {
  /** Records not yet given to it, `VIEWER_QUEUE_MAX`. */
  queueMax: number;
  /** Bytes waiting for it, in its line and in the records, `VIEWER_QUEUE_MAX_BYTES`. */
  queueMaxBytes: number;
}

/** What a viewer asked for. */
export interface ViewerView extends ViewerChoice {
  /** Records up to this offset are not for it. */
  offset: number;
  /** Only when so: it may not hold the AI lease. */
  ai?: false;
}

export interface SessionView {
  records: Records;
  moments: Moments;
  /** What viewers in step share. */
  bundles: Bundles;
  /** Is added to. */
  counts: { droppedPartials: number };
  limits: ViewerLimits;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** What a delivery found. */
export type Delivery = 'live' | 'lagging' | 'too_slow' | 'unreadable' | 'gone';
