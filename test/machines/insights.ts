/** The insights chart: when it calls, when it calls again, and when it leaves the endpoint alone. */
import t from 'tap';
import { callBackoffMs, CALL_BACKOFF_MAX_MS, mayCallAgain } from '../../machines/insights-policy.ts';
import { insightsInput } from '../support/proof/deadlines.ts';
import { insightsWorld } from '../support/proof/worlds.ts';
import type { World } from '../support/proof/world.ts';

const asked = 'finals due, call started';

const table: [string, unknown][] = [
  ['', 'listening'],
  ['finals due', { calling: 'queued' }],
  [asked, { calling: 'requesting' }],
  [`${asked}, call ended`, 'resting'],
  [`${asked}, call ended, tick`, 'listening'],
  [`${asked}, call is refused`, 'refused'],
  [`${asked}, call is refused, tick`, 'listening'],
  [`${asked}, call fails`, 'backingOff'],
  [`${asked}, call fails, tick`, { calling: 'queued' }],
  [`${asked}, call is nonsense, tick, call started, call is nonsense`, 'resting'],
  [`${asked}, call fails, tick, call started, call fails`, 'backingOff'],
  [`${asked}, call fails, tick, call started, call fails, tick, call started, call fails`, 'resting'],
  [`${asked}, call fails, tick, call started, call fails, tick, call started, call fails, tick`, 'spent'],
  [`${asked}, tick`, { calling: 'aborting' }],
  [`${asked}, tick, call fails`, 'backingOff'],
  [`${asked}, tick, tick`, 'resting'],
  ['finals due, stop', { calling: 'leaving' }],
  [`${asked}, stop, call fails`, 'stopped'],
  [`${asked}, stop, call ended`, 'stopped'],
  [`${asked}, stop, tick`, 'stopped'],
  [`${asked}, call fails, stop`, 'stopped'],
  [`${asked}, call ended, stop`, 'stopped'],
  [`${asked}, call is refused, stop`, 'stopped'],
  ['stop', 'stopped'],
];

function after(words: string): World {
  const world = insightsWorld(insightsInput);
  for (const word of words.split(', ').filter((each) => each !== '')) {
    const happening = world.happenings.get(word);
    if (word === 'stop') world.root.send({ type: 'insights.stop' });
    else if (happening?.can() === true) happening.happen();
    else throw new Error(`"${word}" cannot happen`);
  }
  return world;
}

void t.test('insights', (t) => {
  for (const [words, value] of table)
    t.strictSame((after(words).root.getSnapshot() as { value: unknown }).value, value, words);
  t.end();
});

void t.test('a budget of tokens that is spent ends the calling', (t) => {
  const world = insightsWorld({ ...insightsInput, tokensMax: 120 });
  for (const name of ['finals due', 'call started', 'call ended', 'tick']) world.happenings.get(name)?.happen();
  t.equal((world.root.getSnapshot() as { value: unknown }).value, 'spent');
  t.end();
});

void t.test('rests grow, and Retry-After is obeyed up to a bound', (t) => {
  t.strictSame([callBackoffMs(1, null), callBackoffMs(2, null)], [1_000, 3_000]);
  t.equal(callBackoffMs(1, 30_000), 30_000);
  t.equal(callBackoffMs(1, 10_000_000), CALL_BACKOFF_MAX_MS);
  t.strictSame([mayCallAgain('server_error', 2), mayCallAgain('server_error', 3)], [true, false]);
  t.strictSame([mayCallAgain('invalid', 1), mayCallAgain('invalid', 2)], [true, false]);
  t.notOk(mayCallAgain('unauthorised', 1));
  t.end();
});
