/** Requests that are refused, unanswered or nonsense: what is final fails at once, what may pass is tried again. */
import t from 'tap';
import type { PostFault } from '../gladia-simulator/faults.ts';
import { gladiaRig } from '../support/gladia-rig.ts';
import { isWhole, share, talk, tellsNoSecret } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

for (const status of [400, 401, 402, 403, 422]) {
  void t.test(`${status}: one request, then the engine has failed and says why`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.post.push({ status });
    await rig.speak(talk.subarray(0, share(0.1)));
    await rig.parent.told('transcriber.failed');
    t.match(rig.parent.facts.at(-1), { reason: new RegExp(`Gladia answered ${status}`) });
    t.equal(rig.gladia.count('post'), 1);
    t.match(rig.lines.join('\n'), new RegExp(`answered ${status}`));
    tellsNoSecret(t, rig);
  });
}

void t.test('a wrong key makes exactly one request', async (t) => {
  await using rig = await gladiaRig({ key: 'canary-of-a-key' });
  await rig.speak(talk.subarray(0, share(0.1)));
  await rig.parent.told('transcriber.failed');
  t.equal(rig.gladia.count('post'), 1);
  t.notMatch(rig.lines.join('\n'), /canary/);
});

const passing: Record<string, PostFault> = {
  '429 without a word': { status: 429 },
  '500': { status: 500 },
  '503': { status: 503 },
  'no JSON': { notJson: true },
  'no address': { noUrl: true },
  'a redirect': { redirect: true },
  'a slow answer': { delayMs: 2_000 },
};

for (const [what, fault] of Object.entries(passing)) {
  void t.test(`${what}: it is tried again, and no word is lost`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.post.push(fault);
    await rig.speak(talk);
    await rig.finish();
    isWhole(t, rig);
    t.ok(rig.gladia.count('post') <= 2);
  });
}

void t.test('Retry-After is obeyed', async (t) => {
  await using rig = await gladiaRig();
  rig.gladia.faults.post.push({ status: 429, retryAfter: '3' });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  const [first, second] = rig.gladia.journal.filter(({ type }) => type === 'post').map(({ atMs }) => atMs);
  const restMs = (second ?? 0) - (first ?? 0);
  t.ok(restMs >= 2_500 && restMs < 4_000, `${Math.round(restMs)} ms`);
});

void t.test('nobody at home at first: it is asked for again', async (t) => {
  await using rig = await gladiaRig();
  await rig.gladia.leave();
  await rig.speak(talk.subarray(0, share(0.4)));
  await rig.gladia.listen();
  await rig.speak(talk.subarray(share(0.4)));
  await rig.parent.told('transcriber.ready');
  await rig.finish();
  isWhole(t, rig);
});

void t.test('a request without an answer is given up after its deadline and made again', async (t) => {
  await using rig = await gladiaRig({ timing: { initiateTimeoutMs: 1_000 } });
  rig.gladia.faults.post.push({ hang: true });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
});

const handshakes = {
  '403': { status: 403 },
  '429': { status: 429 },
  '502': { status: 502 },
  reset: { reset: true },
} as const;

for (const [what, fault] of Object.entries(handshakes)) {
  void t.test(`a handshake that is answered with ${what} is mended`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.handshake.push(fault);
    await rig.speak(talk);
    await rig.finish();
    isWhole(t, rig);
  });
}

void t.test('a handshake that takes long but is answered is waited for', async (t) => {
  await using rig = await gladiaRig({ timing: { openTimeoutMs: 3_000 } });
  rig.gladia.faults.handshake.push({ delayMs: 1_500 });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('post'), 1);
  t.equal(rig.gladia.count('open'), 1);
});

void t.test('a handshake without an answer is given up after its deadline', async (t) => {
  await using rig = await gladiaRig({ timing: { openTimeoutMs: 1_000 } });
  rig.gladia.faults.handshake.push({ hang: true });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
});

for (const code of [4403, 4500, 1011, 1001]) {
  void t.test(`accepted and closed with ${code} at once, again and again: few calls, and it recovers`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.afterOpenAlways = code;
    await rig.speak(talk.subarray(0, share(0.9)));
    const dials = rig.gladia.count('dial');
    t.ok(dials <= 6, `${dials} dials in 6 s`);
    t.ok(rig.gladia.count('post') <= 5, `${rig.gladia.count('post')} sessions in 6 s`);
    rig.gladia.faults.afterOpenAlways = undefined;
    await rig.speak(talk.subarray(share(0.9)));
    await rig.parent.told('transcriber.ready');
    await rig.finish();
    isWhole(t, rig);
  });
}
