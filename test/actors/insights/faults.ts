/** An endpoint that fails in every way that one can: what is tried again, what is given up, and what is written about it. */
import t from 'tap';
import type { CallFault } from '../../../machines/ai-events.ts';
import { insightsRig } from '../../support/insights-rig.ts';
import type { EndpointFault } from '../../support/model-endpoint.ts';

t.setTimeout(120_000);

const SPOKEN = 'canary words that somebody said';

/** The fault, what it is counted as, and whether the same insight is asked for again. */
const mended: [EndpointFault, CallFault][] = [
  ['rate_limited', 'rate_limited'],
  ['server_error', 'server_error'],
  ['cut', 'cut'],
  ['no_end', 'cut'],
  ['reset', 'unreachable'],
  ['redirect', 'unreachable'],
  ['html', 'not_a_stream'],
  ['invalid_json', 'invalid'],
  ['wrong_shape', 'invalid'],
  ['ended_by_length', 'invalid'],
  ['endless', 'too_large'],
  ['endless_line', 'too_large'],
];

for (const [fault, cause] of mended) {
  void t.test(`${fault}: counted as ${cause}, tried again, and mended`, async (t) => {
    await using rig = await insightsRig();
    rig.endpoint.fail(fault);
    rig.records.say(SPOKEN);
    await rig.made(1);
    t.strictSame(rig.failures, [cause]);
    t.equal(rig.endpoint.journal.length, 2);
    t.equal(rig.endpoint.mostInFlight, 1, 'never two at a time');
    t.equal(rig.insights[0]?.upToOffset, 1);
    const [first, second] = rig.endpoint.journal;
    const restMs = (second?.beganMs ?? 0) - (first?.endedMs ?? 0);
    t.ok(restMs > 300, `after a rest of ${Math.round(restMs)} ms`);
    await rig.stop();
    t.equal(rig.resources.size, 0);
    t.notMatch(rig.lines.join(''), /canary|no: /, 'neither what was said nor what was answered is in a log line');
  });
}

for (const fault of ['unauthorised', 'unknown_model'] as const) {
  void t.test(`${fault}: asked once, then left alone`, async (t) => {
    await using rig = await insightsRig();
    rig.endpoint.fail(fault, fault);
    rig.records.say(SPOKEN);
    await rig.reaches('refused');
    rig.records.say('more', 'and more');
    t.equal(rig.endpoint.journal.length, 1);
    t.strictSame(rig.failures, [fault === 'unauthorised' ? 'unauthorised' : 'refused']);
    await rig.stop();
  });
}

void t.test('an endpoint that never answers, or stops in the middle, is given up in time', async (t) => {
  for (const fault of ['hang', 'hang_in_the_answer'] as const) {
    await using rig = await insightsRig({ timing: { callTimeoutMs: 300 } });
    rig.endpoint.fail(fault);
    rig.records.say(SPOKEN);
    await rig.made(1);
    t.strictSame(rig.failures, ['timeout'], fault);
    t.ok(rig.endpoint.journal[0]?.isAborted, 'its connection is closed');
  }
});

void t.test('an answer that comes slowly is waited for', async (t) => {
  await using rig = await insightsRig({ endpoint: { tokenMs: 50 } });
  rig.records.say(SPOKEN);
  await rig.made(1);
  t.strictSame(rig.failures, []);
});

void t.test('Retry-After is obeyed', async (t) => {
  await using rig = await insightsRig({ endpoint: { retryAfterS: 3 } });
  rig.endpoint.fail('rate_limited');
  rig.records.say(SPOKEN);
  await rig.made(1);
  const [first, second] = rig.endpoint.journal;
  t.ok((second?.beganMs ?? 0) - (first?.endedMs ?? 0) >= 2_900);
});

void t.test(
  'after three failures the finals go into the next insight; after two of nonsense they are skipped',
  async (t) => {
    await using rig = await insightsRig({ timing: { intervalMs: 50 } });
    rig.endpoint.fail('server_error', 'server_error', 'server_error');
    rig.records.say('first');
    await rig.made(1);
    t.equal(rig.endpoint.journal.length, 4);
    t.match(rig.endpoint.journal[3]?.body.messages[1]?.content, '\nfirst\n');
    rig.endpoint.fail('invalid_json', 'invalid_json');
    rig.records.say('second');
    await rig.reaches('backingOff');
    await rig.reaches('listening');
    t.equal(rig.endpoint.journal.length, 6, 'one retry');
    rig.records.say('third');
    await rig.made(2);
    const content = rig.endpoint.journal[6]?.body.messages[1]?.content;
    t.match(content, '\nthird\n');
    t.notMatch(content, 'second');
  },
);

void t.test('failed calls cost: their tokens count for the budget', async (t) => {
  await using rig = await insightsRig({ input: { tokensMax: 150 }, timing: { intervalMs: 50 } });
  rig.endpoint.fail('invalid_json', 'invalid_json');
  rig.records.say('first');
  await rig.reaches('spent');
  t.equal(rig.endpoint.journal.length, 2);
  t.equal(rig.actor.getSnapshot().context.tokens, 240);
});
