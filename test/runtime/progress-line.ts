/** One line of progress on a terminal, and not a byte elsewhere. */
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import t from 'tap';
import { ProgressLine } from '../../runtime/progress-line.ts';

/** A stream that says whether it is a terminal, and what was written to it. */
function rig(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  return { line: new ProgressLine(stream as unknown as WriteStream), written: () => String(stream.read() ?? '') };
}

const CLEAR = '\r\u001B[2K';

void t.test('where there is no terminal nothing is written', (t) => {
  const { line, written } = rig(false);
  line.show('loading', 0.5);
  line.end();
  t.equal(written(), '');
  t.end();
});

void t.test('the line is rewritten in place with a bar of one width', (t) => {
  const { line, written } = rig(true);
  for (const [fraction, filled] of [
    [0, 0],
    [0.5, 12],
    [1, 24],
    [-1, 0],
    [7, 24],
  ] as const) {
    line.show('model tiny', fraction);
    t.equal(written(), `${CLEAR}${'█'.repeat(filled)}${'░'.repeat(24 - filled)} model tiny`, `${fraction}`);
  }
  t.end();
});

void t.test('the end removes the line, once, and only if there is one', (t) => {
  const { line, written } = rig(true);
  line.end();
  t.equal(written(), '');
  line.show('loading', 0.5);
  written();
  line.end();
  line.end();
  t.equal(written(), CLEAR);
  t.end();
});
