import t from 'tap';
import { toTxt } from '../../../actors/exports/txt.ts';
import { final, gap, runOf } from './harness.ts';

void t.test('a paragraph ends at a pause, at another speaker and at a gap', (t) => {
  const run = runOf([
    final('One.', { startMs: 61_000, endMs: 62_000 }),
    final('Two.', { startMs: 64_000, endMs: 65_000 }),
    final('Three.', { startMs: 67_001, endMs: 68_000 }),
    final('Four.', { startMs: 68_000, endMs: 69_000, speaker: '1' }),
    gap(69_000, 71_600),
    final('Five.', { startMs: 71_600, endMs: 72_000, speaker: '1' }),
  ]);
  const paragraphs = ['[00:01:01] One. Two.', '[00:01:07] Three.', '[00:01:08] Speaker 1: Four.'];
  paragraphs.push('[… 3 s not transcribed]', '[00:01:11] Speaker 1: Five.');
  t.equal(toTxt(run), `${paragraphs.join('\n\n')}\n`);
  t.equal(toTxt(runOf([])), '');
  t.end();
});

void t.test('finals go by their start, and a short one inside a long one makes no pause', (t) => {
  const run = runOf([
    final('c', { startMs: 9_500, endMs: 9_600 }),
    final('a', { startMs: 0, endMs: 9_000 }),
    final('b', { startMs: 100, endMs: 50 }),
  ]);
  t.equal(toTxt(run), '[00:00:00] a b c\n');
  t.end();
});

void t.test('a text is one line, whatever it holds; scripts without spaces get none', (t) => {
  const run = runOf([final('a\n\n[00:00:00]\u2028\u001b[2Jb'), final('\n'), final('\0')]);
  t.equal(toTxt(run), '[00:00:00] a [00:00:00] [2Jb\n');
  t.equal(
    toTxt(runOf([final('今天天气很好。'), final('我们去公园。'), final('OK')])),
    '[00:00:00] 今天天气很好。我们去公园。 OK\n',
  );
  t.end();
});

void t.test('the shortest gap is a second', (t) => {
  t.equal(toTxt(runOf([gap(5, 1)])), '[… 1 s not transcribed]\n');
  t.end();
});
