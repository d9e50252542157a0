import t from 'tap';
import { clockParts, finalsOf, gapsOf, voiceOf, wholeMs } from '../../../actors/exports/run.ts';
import { final, gap, runOf } from './harness.ts';

void t.test('the original of an utterance is its first final; translations are asked for by language', (t) => {
  const run = runOf([
    final('hello', { utteranceId: 'a' }),
    final('bonjour', { utteranceId: 'a', language: 'fr' }),
    final('oui', { utteranceId: 'b', language: 'fr' }),
    final('yes', { utteranceId: 'b', language: 'en' }),
  ]);
  const texts = (language?: string) => finalsOf(run, language).map(({ text }) => text);
  t.strictSame(texts(), ['hello', 'oui']);
  t.strictSame(texts('fr'), ['bonjour', 'oui']);
  t.strictSame(texts('en'), ['hello', 'yes']);
  t.strictSame(texts('de'), []);
  t.strictSame(finalsOf({ ...run, records: run.records.toReversed() }).length, 2, 'by offset, not by place');
  t.end();
});

void t.test('gaps come by their start', (t) => {
  const run = runOf([gap(5_000, 6_000), final('x'), gap(1_000, 2_000)]);
  t.strictSame(
    gapsOf(run).map(({ startMs }) => startMs),
    [1_000, 5_000],
  );
  t.end();
});

void t.test('a voice is a speaker, a channel after the first, or both', (t) => {
  t.equal(voiceOf({}), undefined);
  t.equal(voiceOf({ channel: 0 }), undefined);
  t.equal(voiceOf({ speaker: '3' }), 'Speaker 3');
  t.equal(voiceOf({ channel: 1, speaker: 'A\nnn' }), 'Channel 2, A nn');
  t.equal(voiceOf({ speaker: '\n' }), undefined);
  t.end();
});

void t.test('hours have as many digits as they need', (t) => {
  t.strictSame(clockParts(3_723_004), { hours: '01', minutes: '02', seconds: '03', fraction: '004' });
  t.equal(clockParts(123 * 3_600_000).hours, '123');
  t.end();
});

void t.test('a time is a number that can be written', (t) => {
  t.strictSame([-1, Number.NaN, 1.6, Infinity].map(wholeMs), [0, 0, 2, 2 ** 48]);
  t.end();
});
