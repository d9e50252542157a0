/**
 * One viewer: a line and how far it has got. It has no queue of its own; what it lacks is read from the records.
 *
 * While everything that it is given leaves at once it is live. When bytes wait, or it confirms too late what has left, it
 * lags: nothing more is written until that has changed, then it gets all the records that it missed and only the newest
 * of each moment.
 */
import type { AiSeat } from '../ai/port.ts';
import type { Close } from '../wire/close-codes.ts';
import type { Encoded } from '../wire/encoded.ts';
import { CATCH_UP_BYTES, isWanted } from './bundles.ts';
import { ByteWindow } from './byte-window.ts';
import { InboundBudget } from './inbound-budget.ts';
import type { ViewerLine } from './line.ts';
import type { Records } from './records.ts';
import type { Delivery, SessionView, ViewerView } from './session-view.ts';

/** A viewer that has bytes to take and takes none for so long is stuck. */
export const STUCK_MS = 15_000;

/** What a viewer waits for before it may be given more. */
type Wait = 'flush' | 'confirmation' | 'records';

export class Viewer {
  readonly line: ViewerLine;
  readonly view: ViewerView;
  /** Newest offset given to it. */
  #offset: number;
  /** Newest change of a moment when it came. */
  readonly #attachedTurn: number;
  #momentTurn = 0;
  #waitsFor: Wait | undefined;
  /** Has it ever had everything? */
  #wasLive = false;
  #isUnreadable = false;
  /** Bytes that waited when it was last looked at. */
  #waitingBytes = 0;
  readonly #window: ByteWindow;
  /** When it last took or confirmed something, or had nothing to take. */
  #progressAtMs: number;
  /** What was written to it in this delivery. */
  #batch: Buffer[] = [];
  #batchBytes = 0;
  /** Pings since the last sign of life. */
  unanswered = 0;
  /** When it is pinged next, on the heartbeat's clock. */
  pingAtMs = 0;
  /** Messages that the protocol does not know. */
  faults = 0;
  /** Of what it sends; most send nothing. */
  #inbound: InboundBudget | undefined;
  /** At the desk of the AI lease; most never sit there. */
  seat: AiSeat | undefined;

  /** @param at.phase From 0 to 1, random: spreads what is done to each viewer from time to time. */
  constructor(line: ViewerLine, view: ViewerView, at: { turn: number; nowMs: number; phase: number }) {
    this.line = line;
    this.view = view;
    this.#attachedTurn = at.turn;
    this.#offset = view.offset;
    this.#progressAtMs = at.nowMs;
    this.#window = new ByteWindow(at.phase, at.nowMs);
  }

  get isOpen(): boolean {
    return this.line.isOpen;
  }

  /** Newest offset given to it. */
  get offset(): number {
    return this.#offset;
  }

  /** One message out of turn (`session`, `error`). */
  send(message: Encoded, nowMs: number): void {
    this.#put(message);
    this.#flush(nowMs);
  }

  close(close: Close): void {
    this.left();
    this.line.end(close);
  }

  /** It holds and waits for nothing any more. Idempotent. */
  left(): void {
    this.seat?.leave();
  }

  /** What it may send. */
  inbound(nowMs: number): InboundBudget {
    this.#inbound ??= new InboundBudget(nowMs);
    return this.#inbound;
  }

  /** The viewer has confirmed so many bytes. */
  confirmed(count: number, nowMs: number): void {
    this.#window.answered(count, nowMs);
    this.#progressAtMs = nowMs;
    if (this.#waitsFor === 'confirmation') this.#waitsFor = undefined;
  }

  /** Has it taken nothing for so long, with bytes to take, that it never will? */
  isStuck(nowMs: number): boolean {
    const waits = this.#waitsFor === 'flush' || this.#waitsFor === 'confirmation';
    return waits && nowMs - this.#progressAtMs > STUCK_MS;
  }

  /** Looks whether bytes have left since the last look; that is a sign of life. */
  look(nowMs: number): void {
    const { waitingBytes } = this.line;
    if (waitingBytes < this.#waitingBytes) {
      this.unanswered = 0;
      this.#progressAtMs = nowMs;
    }
    this.#waitingBytes = waitingBytes;
  }

  /** Gives what it lacks, as far as it takes it. `onReady` is called with it when it lagged and may be given more. */
  deliver(session: SessionView, onReady: (viewer: Viewer) => void): Delivery {
    if (!this.isOpen) return 'gone';
    if (this.#isUnreadable) return 'unreadable';
    if (this.#waitsFor !== undefined) return this.#isTooSlow(session) ? 'too_slow' : 'lagging';
    const nowMs = session.nowMs();
    if (this.#wasLive && this.#takeBundle(session, nowMs)) {
      if (!this.#hasRoom(nowMs, onReady)) return this.#lag(session);
      this.#progressAtMs = nowMs;
      return 'live';
    }
    for (;;) {
      const hasAll = this.#giveRecords(session.records);
      if (hasAll && this.#waitsFor === undefined) this.#giveMoments(session);
      this.#flush(nowMs);
      if (this.#waitsFor === undefined && !this.#hasRoom(nowMs, onReady)) return this.#lag(session);
      if (this.#waitsFor !== undefined) return this.#load(session.records, onReady);
      if (hasAll) break;
    }
    this.#progressAtMs = nowMs;
    this.#wasLive = true;
    return 'live';
  }

  /** A viewer that was up to date gets what all of its kind get. */
  #takeBundle({ bundles, counts }: SessionView, nowMs: number): boolean {
    const bundle = bundles.of(this.line.protocol, this.view, this.#offset, this.#momentTurn);
    if (bundle === undefined) return false;
    this.#offset = bundle.toOffset;
    this.#momentTurn = bundle.toTurn;
    counts.droppedPartials += bundle.dropped;
    if (bundle.bytes !== undefined) {
      this.line.writeOne(bundle.bytes);
      this.#written(bundle.bytes.length, nowMs);
    }
    return true;
  }

  /** Puts what is written now into the kernel's hands, and asks for a confirmation where one is due. */
  #flush(nowMs: number): void {
    if (this.#batch.length === 0) return;
    this.line.write(this.#batch);
    this.#written(this.#batchBytes, nowMs);
    this.#batch = [];
    this.#batchBytes = 0;
  }

  #written(bytes: number, nowMs: number): void {
    const ask = this.line.confirms ? this.#window.sent(bytes, nowMs) : undefined;
    if (ask !== undefined) this.line.ping(ask);
  }

  #hasRoom(nowMs: number, onReady: (viewer: Viewer) => void): boolean {
    if (this.line.waitingBytes > 0) {
      this.#waitsFor = 'flush';
      this.line.afterFlush(() => {
        this.#waitsFor = undefined;
        onReady(this);
      });
      return false;
    }
    if (!this.line.confirms) return true;
    const { more, ask } = this.#window.admits(nowMs);
    if (ask !== undefined) this.line.ping(ask);
    if (!more) this.#waitsFor = 'confirmation';
    return more;
  }

  #lag(session: SessionView): Delivery {
    return this.#isTooSlow(session) ? 'too_slow' : 'lagging';
  }

  #load(records: Records, onReady: (viewer: Viewer) => void): Delivery {
    const ready = (): void => {
      this.#waitsFor = undefined;
      onReady(this);
    };
    records.load(this.#offset + 1).then(ready, () => {
      this.#isUnreadable = true;
      ready();
    });
    return 'lagging';
  }

  /** False when it was given all that it may get at once and there is more, or a record has to be loaded first. */
  #giveRecords(records: Records): boolean {
    while (this.#offset < records.lastOffset) {
      if (this.#batchBytes >= CATCH_UP_BYTES) return false;
      const record = records.read(this.#offset + 1);
      if (record === undefined) {
        this.#waitsFor = 'records';
        return false;
      }
      this.#offset += 1;
      if (isWanted(this.view, record)) this.#put(record);
    }
    return true;
  }

  #giveMoments({ moments, counts }: SessionView): void {
    const changes = moments.turn - this.#momentTurn;
    let given = 0;
    for (const { turn, message } of moments.since(this.#momentTurn)) {
      given += 1;
      // The state was in the first message, and of withdrawn text it has seen nothing.
      const isOld = turn <= this.#attachedTurn && (message.type === 'session_state' || message.isWithdrawal);
      if (!isOld && isWanted(this.view, message)) this.#put(message);
    }
    if (this.#wasLive) counts.droppedPartials += changes - given;
    this.#momentTurn = moments.turn;
  }

  #put(message: Encoded): void {
    const bytes = message.as(this.line.protocol);
    if (bytes === undefined) return;
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  /** A viewer that still reads its history is behind by right; only after that its bounds count. */
  #isTooSlow({ records, limits, nowMs }: SessionView): boolean {
    if (this.isStuck(nowMs())) return true;
    if (!this.#wasLive) return false;
    if (records.lastOffset - this.#offset > limits.queueMax) return true;
    return this.line.waitingBytes + records.bytesAfter(this.#offset) > limits.queueMaxBytes;
  }
}
