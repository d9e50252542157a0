/** A run that is over, given to somebody who comes late: what it lacks, then the end. */
import { closes } from '../wire/close-codes.ts';
import { Encoded } from '../wire/encoded.ts';
import type { RunName } from '../wire/encoded.ts';
import type { SessionMessage } from '../wire/messages.ts';
import type { ViewerLine } from './line.ts';
import { Bundles } from './bundles.ts';
import { EXCESS_MAX } from './inbound-budget.ts';
import { Moments } from './moments.ts';
import type { Records } from './records.ts';
import { Viewer } from './viewer.ts';
import type { ViewerView } from './session-view.ts';

/** Whoever needs longer than this is closed and may resume. */
const REPLAY_MAX_MS = 60_000;

export interface ReplayOptions {
  run: RunName;
  hello: SessionMessage;
  records: Records;
  view: ViewerView;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** Gives everything after the viewer's offset, as fast as it takes it, and closes it with 1000. */
export function replay(line: ViewerLine, { run, hello, records, view, nowMs }: ReplayOptions): void {
  const viewer = new Viewer(line, view, { turn: 0, nowMs: nowMs(), phase: 0 });
  const deadline = setTimeout(() => viewer.close(closes.tooSlow), REPLAY_MAX_MS);
  const limits = { queueMax: Infinity, queueMaxBytes: Infinity };
  const moments = new Moments('');
  const session = {
    records,
    moments,
    bundles: new Bundles(records, moments),
    counts: { droppedPartials: 0 },
    limits,
    nowMs,
  };
  const give = (): void => {
    const delivery = viewer.deliver(session, give);
    // The end itself may still be on its way to the disk.
    if (delivery === 'live' && !records.isSettled) void records.settled().then(give);
    else if (delivery === 'live') viewer.close(closes.sessionEnded);
    else if (delivery === 'unreadable') viewer.close(closes.logUnavailable);
    else if (delivery === 'too_slow') viewer.close(closes.tooSlow);
  };
  const chattered = (bytes: number): void => {
    const budget = viewer.inbound(nowMs());
    if (budget.take(bytes, nowMs()) === undefined) return;
    if (budget.excess >= EXCESS_MAX) viewer.close(closes.tooManyMessages);
  };
  line.listener = {
    heard: (_text, bytes) => chattered(bytes),
    chattered,
    answered: (count) => {
      if (count === undefined) return;
      viewer.confirmed(count, nowMs());
      give();
    },
    failed: () => {},
    closed: () => clearTimeout(deadline),
  };
  viewer.send(new Encoded(hello, run), nowMs());
  give();
}
