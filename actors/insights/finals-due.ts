/** Tells when a session has finals enough for an insight. */
import { fromCallback } from 'xstate';
import type { EventObject } from 'xstate';
import type { FinalsFact } from '../../machines/ai-events.ts';
import type { FollowedRecords, InsightDesk } from './port.ts';
import type { Uncovered } from './uncovered.ts';

export interface FinalsDueInput {
  records: FollowedRecords;
  uncovered: Uncovered;
  /** Nothing is due while the lease is not held. */
  desk: InsightDesk;
  /** AI_FINALS_MIN. */
  finalsMin: number;
}

/** Tells every `FinalsFact`; takes no commands. */
export const finalsDue = fromCallback<EventObject, FinalsDueInput>(({ input, sendBack }) => {
  const { records, uncovered, desk, finalsMin } = input;
  const due: FinalsFact = { type: 'insight.due' };
  const look = (): void => {
    if (desk.fence !== undefined && uncovered.finals >= finalsMin) sendBack(due);
  };
  const unfollow = [records.follow(look), desk.follow(look)];
  look();
  return () => {
    for (const each of unfollow) each();
  };
});
