/** Which ffmpeg is taken: FFMPEG_PATH, then PATH, then the development dependency; and why one is not. */
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { findFfmpeg } from '../../runtime/find-ffmpeg.ts';

const bundled = await findFfmpeg(undefined, '');
if ('missing' in bundled) throw new Error(bundled.missing);

async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'captiond-ffmpeg-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function script(path: string, lines: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
}

void t.test('without any other the development dependency serves, with a warning that names its age', (t) => {
  t.equal(bundled.origin, '@ffmpeg-installer/ffmpeg');
  t.match(bundled.warning, /built in 2018; install a current one/);
  t.end();
});

void t.test('one on PATH comes before it, one at FFMPEG_PATH before both', async (t) => {
  const onPath = await folder(t);
  const elsewhere = await folder(t);
  for (const path of [onPath, elsewhere]) await symlink(bundled.path, join(path, 'ffmpeg'));
  t.match(await findFfmpeg(undefined, `/nowhere:${onPath}`), { origin: 'PATH', path: join(onPath, 'ffmpeg') });
  const ordered = await findFfmpeg(join(elsewhere, 'ffmpeg'), onPath);
  t.match(ordered, { origin: 'FFMPEG_PATH', path: join(elsewhere, 'ffmpeg') });
  t.notOk('warning' in ordered, 'no word of its age: somebody chose it');
});

void t.test('FFMPEG_PATH is an order: if it does not work nothing else is tried, and the reason is told', async (t) => {
  const path = join(await folder(t), 'program');
  const reasons: [string, RegExp][] = [
    ['echo hello', /does not answer as ffmpeg does/],
    ['exit 3', /could not be run/],
    ['echo "ffmpeg version 9"', /has no FLV demuxer/],
    ['echo "ffmpeg version 9"; echo " D  flv  FLV"', /has no AAC decoder/],
  ];
  for (const [lines, reason] of reasons) {
    await script(path, lines);
    const found = await findFfmpeg(path);
    t.match('missing' in found ? found.missing : '', reason);
    t.match('missing' in found ? found.missing : '', /set FFMPEG_PATH/);
  }
  t.match(await findFfmpeg('/nowhere/ffmpeg'), { missing: /no such file/ });
  await chmod(path, 0o644);
  t.match(await findFfmpeg(path), { missing: /not executable/ });
});

void t.test('an ffmpeg without a decoder for MP3 or Opus is taken with a warning', async (t) => {
  const path = join(await folder(t), 'ffmpeg');
  await script(path, 'echo "ffmpeg version 9"; echo " D  flv  FLV"; echo " A.... aac  AAC"');
  t.match(await findFfmpeg(path), { version: '9', warning: 'This ffmpeg has no decoder for mp3 and opus.' });
});
