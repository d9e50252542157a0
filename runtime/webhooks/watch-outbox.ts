/** Tells how an outbox is: at once, and when there is more. */
import { fromCallback } from 'xstate';
import type { EventObject } from 'xstate';
import type { OutboxFact } from '../../machines/webhook-events.ts';
import type { Outbox } from './outbox.ts';

export interface WatchOutboxInput {
  outbox: Outbox;
  /** Calls the listener whenever there may be more, or the run has ended; returns the unsubscriber. */
  follow: (listener: () => void) => () => void;
}

/** Tells every `OutboxFact`; takes no commands. */
export const watchOutbox = fromCallback<EventObject, WatchOutboxInput>(({ input: { outbox, follow }, sendBack }) => {
  const waiting: OutboxFact = { type: 'outbox.waiting' };
  const emptied: OutboxFact = { type: 'outbox.emptied' };
  let isOver = false;
  const look = async (): Promise<void> => {
    // One that cannot be read is one to be delivered: the attempt fails, is counted and is made again.
    const oldest = await outbox.oldest().catch(() => undefined);
    if (isOver || oldest === 'nothing') return;
    sendBack(oldest === 'emptied' ? emptied : waiting);
  };
  const unfollow = follow(() => void look());
  void look();
  return () => {
    isOver = true;
    unfollow();
  };
});
