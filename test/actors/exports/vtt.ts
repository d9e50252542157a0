import t from 'tap';
import { toVtt } from '../../../actors/exports/vtt.ts';
import { final, gap, runOf } from './harness.ts';

void t.test('a run is a file with voices, and comments for gaps where they are', (t) => {
  const run = runOf([
    final('Hello.', { speaker: '0', endMs: 1_500 }),
    final('Who is there?', { speaker: 'Ann & <Bob>', startMs: 3_723_004, endMs: 3_725_000 }),
    gap(1_500, 2_000),
  ]);
  const vtt = [
    ...['WEBVTT', '', 'NOTE talk, run 2, started 2026-03-01T10:00:00.000Z, transcribed by local', ''],
    ...['00:00:00.000 --> 00:00:01.500', '<v Speaker 0>Hello.', ''],
    ...['NOTE 00:00:01.500 to 00:00:02.000 not transcribed: audio_lost', ''],
    ...['01:02:03.004 --> 01:02:05.000', '<v Ann &amp; &lt;Bob&gt;>Who is there?', ''],
  ];
  t.equal(toVtt(run), vtt.join('\n'));
  t.end();
});

void t.test('a run without records is a file without cues', (t) => {
  t.match(toVtt(runOf([]), 'fr'), /^WEBVTT\n\nNOTE talk, .*, language fr\n$/);
  t.end();
});

void t.test('a name that ends in hyphens makes no arrow of its tag', (t) => {
  t.match(toVtt(runOf([final('Hello.', { speaker: 'Ann --' })])), '<v Ann –>Hello.');
  t.end();
});

void t.test('nothing that is said or named becomes markup or a cue', (t) => {
  const hostile = 'x\n\n00:01.000 --> 00:02.000\n<i>&lt;</i>';
  const run = { ...runOf([final(hostile, { speaker: hostile, endMs: 5_000 })]), slug: hostile, transcriber: hostile };
  const vtt = toVtt(run, hostile).split('\n');
  t.equal(vtt.filter((line) => line.includes('-->')).length, 0, 'no final has that language');
  const lines = toVtt(run).split('\n');
  t.equal(lines.filter((line) => line.includes('-->')).length, 1);
  t.equal(lines.filter((line) => line === '').length, 3, 'header, comment, cue');
  t.match(lines.at(-2), /&lt;i&gt;&amp;lt;&lt;\/i&gt;$/);
  t.end();
});
