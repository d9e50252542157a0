/** The end: the last words come, whatever Gladia does; no session is left running there, no socket here. */
import t from 'tap';
import type { Drop, DropPoint } from '../gladia-simulator/faults.ts';
import { gladiaRig } from '../support/gladia-rig.ts';
import { isWhole, share, talk } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

void t.test('in order: stop_recording, the last words, close 1000', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('stop'), 1);
  t.match(rig.gladia.journal.at(-1), { type: 'closed', details: { code: 1000 } });
  t.equal(rig.gladia.running, 0);
  t.equal(rig.gladia.openSockets, 0);
});

void t.test('the last words are still being spoken', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, talk.length - 32 * 800));
  await rig.finish();
  t.equal(rig.words().at(-1), 'w119');
});

const drops: [DropPoint, Drop][] = [
  ['during_stop', 'reset'],
  ['during_stop', 'no_close_frame'],
  ['after_stop_ack', 'reset'],
  ['after_stop_ack', { code: 1011 }],
  ['before_close', 'no_close_frame'],
  ['before_close', { code: 1012 }],
];

for (const [point, how] of drops) {
  void t.test(`a drop (${JSON.stringify(how)}) ${point.replaceAll('_', ' ')}`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.drop(point, how);
    await rig.speak(talk);
    await rig.finish();
    isWhole(t, rig);
    t.equal(rig.gladia.running, 0);
  });
}

const silences = {
  'no reply to the stop': { stop: 'silent' },
  'the last words, but no close': { stop: 'finals_no_close' },
  'a close before the last words': { stop: 'close_before_finals' },
  'a close that is never answered': { deafAfterEnd: true },
} as const;

for (const [what, fault] of Object.entries(silences)) {
  void t.test(`${what}: it ends within its deadline, with every word`, async (t) => {
    await using rig = await gladiaRig({ timing: { stopTimeoutMs: 2_000, finishTimeoutMs: 12_000 } });
    Object.assign(rig.gladia.faults, fault);
    await rig.speak(talk);
    const beganMs = performance.now();
    await rig.finish();
    t.ok(performance.now() - beganMs < 13_500, `${Math.round(performance.now() - beganMs)} ms`);
    isWhole(t, rig);
  });
}

for (const result of ['processing', 'error', 'missing'] as const) {
  void t.test(`cut before the last words, and the result is ${result}: another session hears them`, async (t) => {
    await using rig = await gladiaRig({ timing: { resultTimeoutMs: 1_000 } });
    rig.gladia.faults.result = result;
    rig.gladia.faults.drop('after_stop_ack', 'reset');
    await rig.speak(talk);
    await rig.finish();
    isWhole(t, rig);
    t.equal(rig.gladia.running, 0);
  });
}

void t.test('a stop that takes long is waited for', async (t) => {
  await using rig = await gladiaRig({ simulator: { endDelayMs: 4_000 } });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
});

void t.test('a close frame that is never answered: the socket is cut', async (t) => {
  await using rig = await gladiaRig();
  rig.gladia.faults.stop = 'finals_no_close';
  rig.gladia.faults.closeHandshake = 'never';
  await rig.speak(talk.subarray(0, share(0.2)));
  await rig.finish();
  t.strictSame(rig.resources.names(), []);
});

void t.test('nothing helps: it ends within its deadline and says what was not said', async (t) => {
  await using rig = await gladiaRig({ timing: { stopTimeoutMs: 1_000, finishTimeoutMs: 3_000 } });
  await rig.speak(talk.subarray(0, share(0.5)));
  await rig.gladia.leave();
  await rig.speak(talk.subarray(share(0.5)));
  const beganMs = performance.now();
  await rig.finish();
  t.ok(performance.now() - beganMs < 5_000);
  t.ok(rig.ledger.totals().unackedMs > 30_000, 'what is left is for the session to declare');
  t.strictSame(rig.resources.names(), []);
});

void t.test('without any sound no session is asked for', async (t) => {
  await using rig = await gladiaRig();
  await rig.finish();
  t.equal(rig.gladia.count('post'), 0);
});

void t.test('stopped at once, as a failing session is: Gladia is told to stop', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.2)));
  rig.parent.stop();
  await t.resolves(
    (async () => {
      while (rig.gladia.count('closed') === 0) await new Promise(setImmediate);
    })(),
  );
  t.equal(rig.gladia.count('stop'), 1);
  t.equal(rig.gladia.running, 0);
  t.strictSame(rig.resources.names(), []);
});
