/** Connections that go away, in every way and at every moment: no word is lost, doubled or out of its place. */
import t from 'tap';
import type { Drop, DropPoint } from '../gladia-simulator/faults.ts';
import { gladiaRig } from '../support/gladia-rig.ts';
import type { GladiaRig } from '../support/gladia-rig.ts';
import { isWhole, placeOf, share, talk, tellsNoSecret } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

const BYTES_PER_MS = 32;

const ways: Record<string, Drop> = {
  'TCP reset': 'reset',
  'no close frame': 'no_close_frame',
  'close 1001': { code: 1001 },
  'close 1011': { code: 1011, reason: 'x'.repeat(120) },
  'close 1012': { code: 1012 },
  'close 1013': { code: 1013 },
  'close 4500': { code: 4500 },
  'close 4504': { code: 4504 },
  'close 4999': { code: 4999 },
};

async function speakWith(rig: GladiaRig, disturb: () => void): Promise<void> {
  await rig.speak(talk.subarray(0, share(0.37)));
  disturb();
  await rig.speak(talk.subarray(share(0.37)));
  await rig.finish();
}

for (const [way, how] of Object.entries(ways)) {
  void t.test(`${way}: the same session goes on, with every word`, async (t) => {
    await using rig = await gladiaRig();
    await speakWith(rig, () => rig.gladia.dropAll(how));
    isWhole(t, rig);
    t.equal(rig.gladia.count('post'), 1, 'no new session was needed');
    t.equal(rig.gladia.count('open'), 2);
    t.equal(rig.gladia.running, 0);
    tellsNoSecret(t, rig);
  });
}

for (const code of [1000, 4400, 4403, 4408, 4429]) {
  void t.test(`close ${code} unasked: a new session goes on, with every word`, async (t) => {
    await using rig = await gladiaRig();
    await speakWith(rig, () => rig.gladia.dropAll({ code }));
    isWhole(t, rig);
    t.equal(rig.gladia.count('post'), 2);
  });
}

const points: DropPoint[] = ['before_first_chunk', 'before_ack', 'mid_utterance', 'after_final'];

for (const point of points) {
  for (const how of ['reset', 'no_close_frame'] as const) {
    void t.test(`a drop (${how}) ${point.replaceAll('_', ' ')}`, async (t) => {
      await using rig = await gladiaRig();
      if (point === 'before_first_chunk') rig.gladia.faults.drop(point, how);
      await speakWith(rig, () => rig.gladia.faults.drop(point, how));
      isWhole(t, rig);
      t.equal(rig.gladia.running, 0);
    });
  }
}

void t.test('five drops in a row of a stream', async (t) => {
  await using rig = await gladiaRig();
  for (let part = 0; part < 6; part += 1) {
    await rig.speak(talk.subarray(share(part / 6), share((part + 1) / 6)));
    if (part < 5) rig.gladia.dropAll(part % 2 === 0 ? 'reset' : { code: 1011 });
  }
  await rig.finish();
  isWhole(t, rig);
});

void t.test('an utterance that was open at the drop is never finished by Gladia', async (t) => {
  await using rig = await gladiaRig();
  rig.gladia.faults.neverFinalize = true;
  await speakWith(rig, () => rig.gladia.faults.drop('mid_utterance', 'no_close_frame'));
  isWhole(t, rig);
});

void t.test('Gladia counts utterances from 0 again after a drop', async (t) => {
  await using rig = await gladiaRig({ simulator: { restartIds: true } });
  await speakWith(rig, () => rig.gladia.dropAll('reset'));
  isWhole(t, rig);
});

void t.test('Gladia reads nothing for three seconds, thirty of the stream', async (t) => {
  await using rig = await gladiaRig();
  await speakWith(rig, () => rig.gladia.stopReading(3_000));
  isWhole(t, rig);
});

void t.test('what was said while nobody listened is said again', async (t) => {
  await using rig = await gladiaRig({ simulator: { redeliver: true } });
  await speakWith(rig, () => rig.gladia.dropAll('reset'));
  isWhole(t, rig);
});

void t.test('nobody at home for three seconds: the same session goes on', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.3)));
  await rig.gladia.leave();
  await rig.speak(talk.subarray(share(0.3), share(0.75)));
  await rig.gladia.listen();
  await rig.speak(talk.subarray(share(0.75)));
  await rig.parent.told('transcriber.ready', 2);
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('post'), 1);
});

void t.test('a half-open connection is found within 10 s', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.3)));
  const beganMs = performance.now();
  rig.gladia.dropAll('black_hole');
  await rig.parent.told('transcriber.lost');
  t.ok(performance.now() - beganMs < 10_000, `${Math.round(performance.now() - beganMs)} ms`);
  await rig.speak(talk.subarray(share(0.3)));
  await rig.finish();
  isWhole(t, rig);
});

/** 100 ms into a word, near the end of the talk; in whole chunks. */
const midWord = (placeOf(110) + 100) * BYTES_PER_MS;

void t.test('what Gladia makes of half a word, before it is heard again, does not count', async (t) => {
  // The silence of the probe is enough for Gladia to end the word.
  await using rig = await gladiaRig({ session: { endpointing: 0.05 } });
  const { gladia } = rig;
  await rig.speak(talk.subarray(0, midWord));
  await gladia.when('ack', ({ details }) => (details['data'] as { byte_range: number[] }).byte_range[1] === midWord);
  gladia.faults.acks = 'delayed';
  gladia.dropAll('no_close_frame');
  const again = await gladia.when('open', () => true, 2);
  await gladia.when('message', ({ atMs, details }) => details['isFinal'] === true && atMs > again.atMs);
  gladia.faults.acks = 'normal';
  await rig.speak(talk.subarray(midWord));
  await rig.finish();
  isWhole(t, rig);
});

for (const lost of [0, 1_000]) {
  void t.test(`nor does what the result says of it; acknowledgements of the last ${lost} ms are lost`, async (t) => {
    await using rig = await gladiaRig();
    const { gladia } = rig;
    const known = midWord - lost * BYTES_PER_MS;
    await rig.speak(talk.subarray(0, known));
    await gladia.when('ack', ({ details }) => (details['data'] as { byte_range: number[] }).byte_range[1] === known);
    gladia.faults.acks = 'off';
    await rig.speak(talk.subarray(known, midWord));
    await gladia.when('audio', ({ details }) => details['to'] === midWord);
    gladia.dropAll('no_close_frame');
    await gladia.when('open', () => true, 2);
    await rig.speak(talk.subarray(midWord));
    const finished = rig.finish();
    await gladia.when('get');
    gladia.faults.acks = 'normal';
    await finished;
    isWhole(t, rig);
  });
}
