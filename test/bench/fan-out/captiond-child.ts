/** captiond as the fan-out benchmark runs it: everything but the audio and the engine, whose words come in as messages. */
import { startDeliveryServer } from '../../support/delivery-server.ts';
import { childOptions, takeMessages } from './child.ts';
import type { FedMessage } from './child.ts';

const options = childOptions();
const server = await startDeliveryServer({
  DATA_DIR: options.folder,
  HEARTBEAT_INTERVAL_MS: String(options.heartbeatMs),
  MAX_VIEWERS: '100000',
});
for (let number = 0; number < options.sessions; number += 1) await server.start(`s${number}`);
await takeMessages(server.port, (slug, message) => hear(slug, message));

function hear(slug: string, { type, utteranceId, text, startMs, endMs, language }: FedMessage): void {
  const sink = server.registry.live(slug)?.channel.sink;
  const heard = { engineSession: 'bench', utterance: utteranceId, channel: 0, language, text, startMs, endMs };
  if (type === 'transcript_final') sink?.final(heard);
  else sink?.partial(heard);
}
