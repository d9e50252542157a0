/** Sessions at Gladia over time: what they are asked for, rotation, idleness, translations, the fallback. */
import t from 'tap';
import { gladiaRig } from '../support/gladia-rig.ts';
import { isWhole, placeOf, share, talk, talkWords, tellsNoSecret } from '../support/talk.ts';

t.setTimeout(280_000);
t.jobs = 4;

void t.test('one session, one connection, every word in its place, and no secret in the log', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  tellsNoSecret(t, rig);
  t.equal(rig.gladia.count('post'), 1);
  t.equal(rig.gladia.count('refused'), 0);
  t.strictSame(
    rig.parent.facts.map(({ type }) => type),
    ['transcriber.ready', 'transcriber.finished'],
  );
});

void t.test('everything is said explicitly in the request, and Gladia finds nothing wrong with it', async (t) => {
  const session = {
    languages: ['en', 'fr'],
    codeSwitching: true,
    vocabulary: ['captiond', { value: 'Gladia', intensity: 0.6, pronunciations: ['gladya'] }],
    spelling: { captiond: ['caption dee'] },
    translations: ['fr'],
    endpointing: 0.4,
  };
  await using rig = await gladiaRig({ session });
  await rig.speak(talk.subarray(0, share(0.1)));
  await rig.finish();
  t.equal(rig.gladia.count('refused'), 0);
  const body = JSON.parse(String(rig.gladia.journal[0]?.details['text'])) as object;
  t.match(body, {
    sample_rate: 16_000,
    endpointing: 0.4,
    language_config: { languages: ['en', 'fr'], code_switching: true },
    realtime_processing: {
      custom_vocabulary: true,
      custom_spelling_config: { spelling_dictionary: { captiond: ['caption dee'] } },
      translation_config: { target_languages: ['fr'] },
    },
    messages_config: { receive_partial_transcripts: true, receive_acknowledgments: true },
  });
});

void t.test('translations are finals of their language, each once, over a drop', async (t) => {
  await using rig = await gladiaRig({ session: { translations: ['fr', 'de'] } });
  await rig.speak(talk.subarray(0, share(0.45)));
  rig.gladia.dropAll('reset');
  await rig.speak(talk.subarray(share(0.45)));
  await rig.finish();
  for (const language of ['fr', 'de']) {
    const said = rig.finals.filter((final) => final.language === language).flatMap(({ text }) => text.split(' '));
    t.strictSame(
      said,
      talkWords.map((word) => `${word}-${language}`),
    );
  }
});

void t.test('a session that grows old is replaced between two utterances: nothing lost, nothing doubled', async (t) => {
  await using rig = await gladiaRig({ timing: { sessionLimitMs: 1_500 } });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.ok(rig.gladia.count('post') >= 2, `${rig.gladia.count('post')} sessions`);
  t.equal(rig.gladia.running, 0);
});

void t.test('replacing needs no second session at a time', async (t) => {
  await using rig = await gladiaRig({ timing: { sessionLimitMs: 1_500 }, simulator: { concurrency: 1 } });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('refused'), 0);
});

void t.test('replacing waits for the slot that the old session still holds: nothing lost', async (t) => {
  const simulator = { concurrency: 1, slotHeldMs: 800 };
  await using rig = await gladiaRig({ timing: { sessionLimitMs: 1_500 }, simulator });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.ok(rig.gladia.count('refused') >= 1, 'the slot was not free at first');
});

for (const limitCode of [1000, 4403]) {
  void t.test(`a session that Gladia ends for its age (close ${limitCode}) is followed by another`, async (t) => {
    await using rig = await gladiaRig({ simulator: { sessionLimitMs: 2_000, limitCode } });
    await rig.speak(talk);
    await rig.finish();
    const sessions = rig.gladia.count('post');
    t.ok(sessions >= 3, `${sessions} sessions`);
    // Gladia finishes what it has heard so far: a word that is just being said is heard by halves, and no more is lost.
    const whole = rig.words().filter((word) => word !== 'w???');
    const missing = talkWords.filter((word) => !whole.includes(word));
    t.strictSame(
      whole,
      talkWords.filter((word) => whole.includes(word)),
      'once and in order',
    );
    t.ok(missing.length < sessions, `without ${missing.join()}`);
    t.match(rig.ledger.totals(), { receivedMs: talk.length / 32, gapMs: 0, unackedMs: 0 });
    t.equal(rig.gladia.running, 0);
  });
}

void t.test(
  'without sound the session is stopped before Gladia drops it, and asked for again with the sound',
  async (t) => {
    await using rig = await gladiaRig();
    await rig.speak(talk.subarray(0, share(0.5)));
    while (rig.gladia.count('closed') === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    t.match(rig.gladia.journal.at(-1), { type: 'closed', details: { code: 1000 } });
    t.equal(rig.gladia.running, 0);
    await rig.speak(talk.subarray(share(0.5)));
    await rig.finish();
    isWhole(t, rig);
    t.equal(rig.gladia.count('post'), 2);
  },
);

void t.test('audio that is left out keeps the times true', async (t) => {
  await using rig = await gladiaRig();
  await rig.speak(talk.subarray(0, share(0.25)));
  rig.ledger.declareGap(rig.ledger.ackedSample, rig.ledger.ackedSample, 'audio_lost');
  await rig.speak(talk.subarray(share(0.25)));
  await rig.finish();
  const starts = rig.finals.map(({ text, startMs }) => startMs - placeOf(talkWords.indexOf(text.split(' ')[0] ?? '')));
  t.ok(starts.every((off) => Math.abs(off) <= 60));
});
