/** Gladia refuses or is away too long: the other engine takes over with what was not said, and gives it back. */
import t from 'tap';
import { gladiaRig } from '../support/gladia-rig.ts';
import { isWhole, share, talk } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

void t.test('a refusal: the other engine takes over at once, and says everything', async (t) => {
  await using rig = await gladiaRig({ hasFallback: true });
  rig.gladia.faults.post.push({ status: 401 });
  const beganMs = performance.now();
  const speaking = rig.speak(talk);
  await rig.parent.told('transcriber.ready');
  t.ok(performance.now() - beganMs < 3_000);
  await speaking;
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('post'), 1);
  t.match(rig.lines.join(''), /takes over from Gladia/);
});

void t.test('a refusal in mid-stream: what Gladia had not said is said by the other', async (t) => {
  await using rig = await gladiaRig({ hasFallback: true });
  await rig.speak(talk.subarray(0, share(0.4)));
  rig.gladia.faults.post.push({ status: 402 });
  rig.gladia.dropAll({ code: 4403 });
  await rig.speak(talk.subarray(share(0.4)));
  await rig.finish();
  isWhole(t, rig);
});

void t.test(
  'an outage: the other takes over after its deadline, Gladia takes back, every word once and in order',
  async (t) => {
    await using rig = await gladiaRig({ hasFallback: true, outageTimeoutMs: 500 });
    await rig.speak(talk.subarray(0, share(0.25)));
    await rig.gladia.leave();
    await rig.speak(talk.subarray(share(0.25), share(0.5)));
    await rig.parent.told('transcriber.ready', 2);
    await rig.gladia.listen();
    await rig.speak(talk.subarray(share(0.5), share(0.8)));
    await rig.parent.told('transcriber.ready', 3);
    await rig.speak(talk.subarray(share(0.8)));
    await rig.finish();
    isWhole(t, rig);
    t.match(rig.lines.join(''), /takes the session back/);
  },
);

void t.test('an outage that lasts: the other says the rest, and the end waits for nobody', async (t) => {
  await using rig = await gladiaRig({ hasFallback: true, outageTimeoutMs: 500 });
  await rig.speak(talk.subarray(0, share(0.3)));
  await rig.gladia.leave();
  await rig.speak(talk.subarray(share(0.3)));
  const beganMs = performance.now();
  await rig.finish();
  t.ok(performance.now() - beganMs < 4_000, `${Math.round(performance.now() - beganMs)} ms`);
  isWhole(t, rig);
});

void t.test('gone while it ends: the other says the last words', async (t) => {
  await using rig = await gladiaRig({ hasFallback: true });
  await rig.speak(talk.subarray(0, talk.length - 32 * 850));
  const finished = rig.finish();
  await rig.gladia.leave();
  await finished;
  t.equal(rig.words().at(-1), 'w119');
  t.equal(rig.words().length, 120);
  t.strictSame(rig.resources.names(), []);
});

void t.test('a short outage is none of the other engine’s business', async (t) => {
  await using rig = await gladiaRig({ hasFallback: true });
  await rig.speak(talk.subarray(0, share(0.4)));
  rig.gladia.dropAll('reset');
  await rig.speak(talk.subarray(share(0.4)));
  await rig.finish();
  isWhole(t, rig);
  t.notMatch(rig.lines.join(''), /takes over/);
});
