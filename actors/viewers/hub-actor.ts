/** The fan-out of a session as an actor: it carries the heartbeat, and closes viewers when the chart says so. */
import { fromCallback } from 'xstate';
import type { HubCommand, HubFact } from '../../machines/events.ts';
import type { SessionChannel } from './channel.ts';

export interface ViewerHubInput {
  channel: Pick<SessionChannel, 'hub' | 'heartbeat'>;
}

/** Takes every `HubCommand`; tells every `HubFact`. */
export const viewerHub = fromCallback<HubCommand, ViewerHubInput>(({ input, receive, sendBack }) => {
  const { hub, heartbeat } = input.channel;
  const emptied: HubFact = { type: 'hub.emptied' };
  heartbeat.start(() => hub.viewers);
  receive((command) => {
    if (command.type === 'hub.terminate') hub.terminate();
    else hub.close({ code: command.code, reason: command.reason }, () => sendBack(emptied));
  });
  return () => {
    heartbeat.stop();
    hub.terminate();
  };
});
