/** Sound that ends in the middle of speech: its last words come, within the sound that there was. */
import t from 'tap';
import type { Test } from 'tap';
import { startEngine } from '../../support/engine-rig.ts';
import type { EngineRig, Listening } from '../../support/engine-rig.ts';
import { eventually } from '../../support/processes.ts';
import { clips } from '../../support/speech.ts';

t.setTimeout(120_000);

const speech = clips.find(({ name }) => name === 'jfk.wav');
if (speech === undefined) throw new Error('there is no jfk.wav');
const { pcm } = speech;
/** "And so my fellow Americans": after "my", in the middle of a word. */
const cutsMs = [1_400, 2_003, 2_211];

let rig: EngineRig;
t.before(async () => {
  rig = await startEngine();
});
t.teardown(() => rig[Symbol.asyncDispose]());

function isWithin(t: Test, { finals, ledger, gaps }: Listening, lengthMs: number): void {
  t.ok(
    finals.every(({ startMs, endMs }) => startMs < endMs && endMs <= lengthMs),
    `${finals.map(({ startMs, endMs }) => `${startMs} to ${endMs}`).join(', ')} of ${lengthMs}`,
  );
  t.match(ledger.totals(), { transcribedMs: lengthMs, gapMs: 0, unackedMs: 0 });
  t.strictSame(gaps, []);
}

void t.test('cut off in mid-speech, what was said is told', async (t) => {
  for (const cutMs of cutsMs) {
    const listening = rig.listen(pcm.subarray(0, cutMs * 32));
    await listening.finish();
    t.match(listening.text(), /^and so my/i, `after ${cutMs} ms`);
    isWithin(t, listening, cutMs);
  }
});

void t.test('cut off while partials show it, the final has their id and takes their place', async (t) => {
  const lengthMs = 2_003;
  const listening = rig.listen(pcm.subarray(0, lengthMs * 32), 'live');
  await eventually('a partial', () => listening.partials.length > 0);
  t.strictSame(listening.finals, [], 'it is not over');
  await eventually('the end of the sound', () => listening.ledger.ended);
  await listening.finish();
  t.equal(listening.finals.at(-1)?.utterance, listening.partials.at(-1)?.utterance);
  t.match(listening.text(), /^and so my/i);
  isWithin(t, listening, lengthMs);
});
