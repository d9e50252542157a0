/** The webhooks chart: what follows a delivery, a failure, and too many of them. */
import t from 'tap';
import { deliveryBackoffMs } from '../../machines/webhooks.ts';
import { webhooksInput } from '../support/proof/deadlines.ts';
import { webhooksWorld } from '../support/proof/worlds.ts';

const sent = 'outbox waiting, attempt started';

const table: [string, unknown][] = [
  ['', 'waiting'],
  ['outbox waiting', { sending: 'queued' }],
  [sent, { sending: 'posting' }],
  [`${sent}, attempt accepted`, 'waiting'],
  [`${sent}, attempt fails`, 'resting'],
  [`${sent}, attempt fails, tick`, 'waiting'],
  [`${sent}, tick`, 'resting'],
  ['outbox emptied', 'emptied'],
  ['stop', 'stopped'],
  ['outbox waiting, stop', 'stopped'],
  [`${sent}, stop`, { sending: 'leaving' }],
  [`${sent}, stop, attempt accepted`, 'stopped'],
  [`${sent}, stop, tick`, 'stopped'],
  [`${sent}, attempt fails, stop`, 'stopped'],
];

void t.test('webhooks', (t) => {
  for (const [words, value] of table) {
    const world = webhooksWorld(webhooksInput);
    for (const word of words.split(', ').filter((each) => each !== '')) {
      const happening = world.happenings.get(word);
      if (word === 'stop') world.root.send({ type: 'webhooks.stop' });
      else if (happening?.can() === true) happening.happen();
      else throw new Error(`"${word}" cannot happen`);
    }
    t.strictSame((world.root.getSnapshot() as { value: unknown }).value, value, words);
  }
  t.end();
});

void t.test('rests double up to their bound, and Retry-After is obeyed up to it', (t) => {
  const timing = { ...webhooksInput.timing, backoffBaseMs: 1_000, backoffMaxMs: 600_000 };
  const restMs = (attempts: number, retryAfterMs: number | null = null): number =>
    deliveryBackoffMs({ timing, attemptsMax: 2, attempts, retryAfterMs });
  t.strictSame([restMs(1), restMs(2), restMs(5), restMs(100)], [1_000, 2_000, 16_000, 600_000]);
  t.strictSame([restMs(1, 30_000), restMs(1, 9_000_000)], [30_000, 600_000]);
  t.end();
});
