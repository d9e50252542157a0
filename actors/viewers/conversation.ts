/** What is answered to viewers of `captiond.v2` who speak: the AI lease and its insights, faults, and too much. */
import type { AiDesk, AiRefusal, AiSeat } from '../ai/port.ts';
import type { LimitName, OnLimit } from '../limit-names.ts';
import { closes } from '../wire/close-codes.ts';
import type { Encoded } from '../wire/encoded.ts';
import type { ServerMessage } from '../wire/messages.ts';
import { EXCESS_MAX } from './inbound-budget.ts';
import { errorMessage, FAULTS_MAX, readMessage } from './viewer-messages.ts';
import type { MessageFault, ViewerMessage } from './viewer-messages.ts';
import type { Viewer } from './viewer.ts';

export interface ConversationOptions {
  desk: AiDesk;
  encode: (message: ServerMessage) => Encoded;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Bytes of answers that may wait for a viewer that asks and does not read. */
  waitingMaxBytes: number;
  /** A viewer has sent more than it may, or deeper. */
  onLimit?: OnLimit;
}

export class Conversation {
  readonly #options: ConversationOptions;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** A viewer has sent a text. */
  heard(viewer: Viewer, text: string): void {
    // The old shape has no such messages, and nothing is taken from one who is being closed.
    if (viewer.line.protocol !== 'v2' || !viewer.isOpen) return;
    const read = readMessage(text);
    if ('fault' in read) return this.#fault(viewer, read.fault);
    if (viewer.view.ai === false) return this.#refuse(viewer, { code: 'token_not_for_this' });
    const refusal = this.#perform(this.#seatOf(viewer), read.message);
    if (refusal?.code === 'bad_message') this.#fault(viewer, { ...refusal, code: refusal.code });
    else if (refusal !== undefined) this.#refuse(viewer, refusal);
  }

  /** A viewer has sent more than it may: the first such message is answered, the last closes it. `excess` counts. */
  exceeded(viewer: Viewer, limit: LimitName, excess: number): void {
    this.#options.onLimit?.(limit);
    const knowsErrors = viewer.line.protocol !== 'v1';
    if (excess === 1 && knowsErrors) this.#say(viewer, errorMessage('too_many_messages'));
    if (excess >= EXCESS_MAX) viewer.close(closes.tooManyMessages);
  }

  #perform(seat: AiSeat, message: ViewerMessage): AiRefusal | undefined {
    switch (message.type) {
      case 'ai_acquire':
        return seat.acquire();
      case 'ai_renew':
        return seat.renew(message.fence);
      case 'ai_release':
        return seat.release(message.fence);
      default:
        return seat.deliver(message);
    }
  }

  #seatOf(viewer: Viewer): AiSeat {
    viewer.seat ??= this.#options.desk.seat({
      leased: (lease) => this.#say(viewer, { type: 'ai_lease', ...lease }),
      refused: (refusal) => this.#refuse(viewer, refusal),
    });
    return viewer.seat;
  }

  /** After a stale fence it is told how the lease stands. */
  #refuse(viewer: Viewer, { code, detail }: AiRefusal): void {
    this.#say(viewer, errorMessage(code, detail));
    if (code === 'stale_fence' && viewer.seat !== undefined) {
      this.#say(viewer, { type: 'ai_lease', ...viewer.seat.current() });
    }
  }

  #fault(viewer: Viewer, { code, detail, limit }: MessageFault): void {
    if (limit !== undefined) this.#options.onLimit?.(limit);
    this.#say(viewer, errorMessage(code, detail));
    viewer.faults += 1;
    if (viewer.faults >= FAULTS_MAX) viewer.close(closes.protocolError);
  }

  #say(viewer: Viewer, message: ServerMessage): void {
    if (viewer.line.waitingBytes > this.#options.waitingMaxBytes) return viewer.close(closes.tooSlow);
    viewer.send(this.#options.encode(message), this.#options.nowMs());
  }
}
