/** Acknowledgements that lie, are late or never come; chunks that are not taken; frames that make no sense. */
import t from 'tap';
import type { AckMode } from '../gladia-simulator/faults.ts';
import { gladiaRig } from '../support/gladia-rig.ts';
import type { GladiaRig } from '../support/gladia-rig.ts';
import { isWhole, share, talk, talkWords } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

async function speakAndDrop(rig: GladiaRig): Promise<void> {
  await rig.speak(talk.subarray(0, share(0.55)));
  rig.gladia.dropAll('reset');
  await rig.speak(talk.subarray(share(0.55)));
  await rig.finish();
}

const modes: Record<AckMode, number> = {
  normal: 1,
  merged: 2,
  inclusive: 1,
  beyond_sent: 2,
  off: 2,
  restart_per_connection: 2,
  delayed: 2,
};

for (const [mode, sessions] of Object.entries(modes)) {
  void t.test(`acknowledgements: ${mode.replaceAll('_', ' ')}, and a drop`, async (t) => {
    await using rig = await gladiaRig();
    rig.gladia.faults.acks = mode as AckMode;
    await speakAndDrop(rig);
    isWhole(t, rig);
    t.ok(rig.gladia.count('post') <= sessions, `${rig.gladia.count('post')} sessions`);
  });
}

void t.test('acknowledgements that get lost before a drop double nothing', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.5)));
  rig.gladia.faults.loseAcks = 12;
  await rig.speak(talk.subarray(share(0.5), share(0.52)));
  rig.gladia.dropAll('no_close_frame');
  await rig.speak(talk.subarray(share(0.52)));
  await rig.finish();
  isWhole(t, rig);
});

const strange: (string | Buffer)[] = [
  'no JSON',
  '[1, 2]',
  'null',
  '{"type":"weather"}',
  '{"type":"transcript"}',
  '{"type":"transcript","data":{"id":"x","is_final":true,"utterance":{"text":" lies"}}}',
  '{"type":"translation","error":{"message":"no"},"data":null}',
  '{"type":"audio_chunk","acknowledged":false,"error":"no","data":{}}',
  '{"type":"audio_chunk","acknowledged":true,"data":{"byte_range":["a",-1]}}',
  '{"type":"error","data":{"code":"session_timeout"}}',
  JSON.stringify({ type: 'post_summarization', data: { results: 'x'.repeat(900_000) } }),
  Buffer.from([1, 2, 3]),
  ...Array.from({ length: 1_000 }, () => '{"type":"speech_end","data":{"time":0.1,"channel":0}}'),
];

void t.test('messages that make no sense change nothing', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.4)));
  rig.gladia.faults.messages.push(...strange);
  await rig.speak(talk.subarray(share(0.4)));
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('open'), 1);
});

const quirks = {
  'finals of utterances that never had a partial': { noPartials: true },
  'partials after their final': { latePartials: true },
  'translations that have failed': { failedAddons: true },
} as const;

for (const [what, quirk] of Object.entries(quirks)) {
  void t.test(`${what}, and a drop`, async (t) => {
    await using rig = await gladiaRig();
    Object.assign(rig.gladia.faults, quirk);
    await speakAndDrop(rig);
    isWhole(t, rig);
  });
}

void t.test('finals without text say nothing, and nothing is left hanging', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.5)));
  rig.gladia.faults.emptyFinals = true;
  await rig.speak(talk.subarray(share(0.5), share(0.6)));
  rig.gladia.faults.emptyFinals = false;
  await rig.speak(talk.subarray(share(0.6)));
  await rig.finish();
  t.strictSame(
    rig.words(),
    rig.words().toSorted((left, right) => left.localeCompare(right)),
    'in order',
  );
  t.strictSame([...rig.hanging], []);
  t.match(rig.ledger.totals(), { unackedMs: 0 });
});

void t.test('finals that end before they begin are shown, with times that make sense', async (t) => {
  await using rig = await gladiaRig();
  rig.gladia.faults.backwardTimes = true;
  await speakAndDrop(rig);
  t.strictSame(rig.words(), talkWords, 'every word once and in order');
  t.ok(rig.finals.every(({ startMs, endMs }) => startMs >= 0 && endMs >= startMs));
  t.match(rig.ledger.totals(), { receivedMs: talk.length / 32, gapMs: 0, unackedMs: 0 });
});

void t.test('finals without words are finals', async (t) => {
  await using rig = await gladiaRig();
  rig.gladia.faults.noWords = true;
  await speakAndDrop(rig);
  t.strictSame(rig.words(), talkWords);
});
