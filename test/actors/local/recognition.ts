/** What the real engine hears, and what it does not. */
import t from 'tap';
import type { EngineUtterance } from '../../../actors/ports.ts';
import { startEngine } from '../../support/engine-rig.ts';
import { music, noise, silence } from '../../support/sounds.ts';
import { clips } from '../../support/speech.ts';
import type { Clip } from '../../support/speech.ts';
import { wordErrorRate } from '../../support/wer.ts';

t.setTimeout(120_000);

function clip(name: string): Clip {
  const found = clips.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no clip ${name}`);
  return found;
}

/** Finals come in order and do not overlap. */
function areOrderly(finals: readonly EngineUtterance[]): boolean {
  return finals.every(({ startMs, endMs }, index) => startMs < endMs && startMs >= (finals[index - 1]?.endMs ?? 0));
}

void t.test('silence, noise and music are no text', async (t) => {
  await using rig = await startEngine();
  const sounds = {
    silence: silence(10),
    'faint noise': noise(10, 0.02),
    'loud noise': noise(10, 0.3),
    music: music(12),
  };
  for (const [what, pcm] of Object.entries(sounds)) {
    const listening = rig.listen(pcm);
    await listening.finish();
    t.equal(listening.text().trim(), '', what);
    t.strictSame(
      listening.partials.filter(({ text }) => text !== ''),
      [],
      what,
    );
    t.match(listening.ledger.totals(), { unackedMs: 0, gapMs: 0 }, `${what} is accounted for`);
  }
});

void t.test('speech is words, with times inside of it that are marked as estimated', async (t) => {
  await using rig = await startEngine();
  const { pcm, text, durationMs } = clip('jfk.wav');
  const listening = rig.listen(pcm);
  await listening.finish();
  t.ok(wordErrorRate(text, listening.text()) <= 0.05, listening.text());
  t.ok(areOrderly(listening.finals));
  for (const { words = [], startMs, endMs, language } of listening.finals) {
    t.equal(language, 'en');
    t.ok(words.length > 0 && words.every(({ estimated }) => estimated === true));
    const times = [startMs, ...words.flatMap((word) => [word.startMs, word.endMs]), endMs];
    t.ok(
      times.every((time, index) => time >= (times[index - 1] ?? 0)),
      times.join(' '),
    );
    t.ok(endMs <= durationMs);
  }
});

void t.test('while it is spoken there are partials, with the id of their final', async (t) => {
  await using rig = await startEngine();
  const listening = rig.listen(clip('jfk.wav').pcm, 'live');
  await listening.finish();
  const { finals, partials } = listening;
  t.ok(partials.length > finals.length, `${partials.length} partials of ${finals.length} finals`);
  for (const final of finals) {
    const own = partials.filter(({ utterance }) => utterance === final.utterance);
    if (final.endMs - final.startMs > 1_500) t.ok(own.length > 0, final.text);
    t.ok(
      own.every(({ endMs }, index) => endMs > (own[index - 1]?.endMs ?? 0)),
      'each hears further',
    );
  }
  t.ok(partials.every(({ utterance }) => finals.some((final) => final.utterance === utterance)));
});

void t.test('two sessions at once get their own words', async (t) => {
  await using rig = await startEngine();
  const both = ['jfk.wav', 'sense-0870.wav'].map((name) => ({ ...clip(name), listening: rig.listen(clip(name).pcm) }));
  await Promise.all(both.map(({ listening }) => listening.finish()));
  for (const { name, text, listening } of both) {
    t.ok(wordErrorRate(text, listening.text()) <= 0.15, `${name}: ${listening.text()}`);
  }
  const sessions = both.flatMap(({ listening }) => listening.finals.map(({ engineSession }) => engineSession));
  t.equal(new Set(sessions).size, 2);
});
