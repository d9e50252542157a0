/** The desk of a session's AI lease as an actor: it hears the chart's commands and tells what the seats and the log do. */
import { fromCallback } from 'xstate';
import type { AiDeskCommand } from '../../machines/ai-events.ts';
import type { LeaseDesk } from './desk.ts';

/** Takes every `AiDeskCommand`; tells every `AiHolderFact` and `AiLogFact`. */
export const leaseDesk = fromCallback<AiDeskCommand, { desk: LeaseDesk }>(({ input: { desk }, receive, sendBack }) => {
  desk.begin(sendBack);
  receive((command) => desk.obey(command));
  return () => desk.end();
});
