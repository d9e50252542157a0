import t from 'tap';
import { toSrt } from '../../../actors/exports/srt.ts';
import { final, gap, runOf } from './harness.ts';

void t.test('cues are numbered, with CR LF and a dash where the speaker changes', (t) => {
  const run = runOf([
    final('Hello.', { speaker: '0', endMs: 1_500 }),
    gap(1_500, 2_000),
    final('Who is there?', { speaker: '1', startMs: 3_723_004, endMs: 3_725_000 }),
  ]);
  const cues = ['1', '00:00:00,000 --> 00:00:01,500', 'Hello.', ''];
  cues.push('2', '01:02:03,004 --> 01:02:05,000', '- Who is there?', '', '');
  t.equal(toSrt(run), cues.join('\r\n'));
  t.equal(toSrt(runOf([])), '');
  t.end();
});

void t.test('markup of players and arrows become text that looks the same', (t) => {
  const srt = toSrt(runOf([final('<b>{\\an8}\\N --> AT&T &lt;i&#x3e;', { endMs: 3_000 })]));
  t.equal(srt.split('\r\n')[2], '‹b›(∖an8)∖N --› AT&T ＆lt;i＆#x3e;');
  t.end();
});

void t.test('lines of a text begin no cue, nor does a text of digits', (t) => {
  const run = runOf([
    final('a\r\n\r\n7\r\n00:00:01,000 --> 00:00:02,000\r\nb', { endMs: 3_000 }),
    final('42', { startMs: 4_000, endMs: 5_000 }),
  ]);
  t.strictSame(toSrt(run).match(/^.* --> .*$/gm)?.length, 2);
  t.match(toSrt(run), '\r\n\r\n2\r\n00:00:04,000 --> 00:00:05,000\r\n42\r\n\r\n');
  t.end();
});

void t.test('a language is its finals alone', (t) => {
  const hello = final('Hello.', { utteranceId: 'a' });
  const run = runOf([hello, { ...hello, text: 'Bonjour.', language: 'fr' }]);
  t.match(toSrt(run), 'Hello.');
  t.notMatch(toSrt(run), 'Bonjour.');
  t.match(toSrt(run, 'fr'), 'Bonjour.');
  t.notMatch(toSrt(run, 'fr'), 'Hello.');
  t.end();
});
