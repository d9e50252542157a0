/** A delivery server as a program of its own, to be killed: `node delivery-child.ts DATA_DIR`. Speaks when it is told to. Webhooks as in the environment. */
import { startDeliveryServer } from './delivery-server.ts';

/** Finals of a burst, and the time between two bursts. */
const BURST = 3;
const BURST_EVERY_MS = 5;

const webhooks = ['WEBHOOK_URL', 'WEBHOOK_SECRET'].flatMap((name) => {
  const value = process.env[name];
  return value === undefined ? [] : [[name, value]];
});
const server = await startDeliveryServer({
  DATA_DIR: process.argv[2] ?? '',
  ...(Object.fromEntries(webhooks) as Record<string, string>),
});
process.once('message', () => void speak());
process.send?.({ port: server.port });

async function speak(): Promise<void> {
  const { channel } = await server.start('talk');
  let said = 0;
  setInterval(() => {
    for (let each = 0; each < BURST; each += 1) {
      said += 1;
      const heard = {
        engineSession: 'e',
        utterance: `u${said}`,
        channel: 0,
        language: 'en',
        startMs: said,
        endMs: said,
      };
      channel.sink.final({ ...heard, text: `final ${said}` });
    }
  }, BURST_EVERY_MS);
  process.send?.({ isSpeaking: true });
}
