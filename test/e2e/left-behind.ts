/** Nothing of a server is left after it was killed: children end with their input; those that hang, with the next start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { runCaptiond } from '../harness.ts';
import type { Program } from '../harness.ts';
import { childrenOf, eventually, isRunning, processState } from '../support/processes.ts';
import { aacSequenceHeader, aacSilence, publishRtmp } from '../support/rtmp-publisher.ts';

t.setTimeout(240_000);
const skip = process.platform === 'linux' ? false : 'only Linux shows processes and their environments';

/** A server with a publisher, so that it has an engine and an ffmpeg; resolves with their process ids. */
async function publishing(program: Program): Promise<{ ffmpeg: number; engine: number }> {
  const [, port] = await program.printed(/publish\s+rtmp:\/\/127\.0\.0\.1:(\d+)/);
  const publisher = await publishRtmp({ port: Number(port), name: 'talk' });
  publisher.sendAudio(aacSequenceHeader, 0);
  publisher.sendAudio(aacSilence, 20);
  const child = (of: RegExp) => childrenOf(program.child.pid ?? 0).find(({ command }) => of.test(command))?.pid;
  const ffmpeg = () => child(/ffmpeg.* pipe:1/);
  const engine = () => child(/local-engine-child/);
  await eventually('ffmpeg and engine run', () => ffmpeg() !== undefined && engine() !== undefined);
  return { ffmpeg: ffmpeg() ?? 0, engine: engine() ?? 0 };
}

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-left-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function kill(program: Program): Promise<void> {
  program.child.kill('SIGKILL');
  await program.exited;
}

void t.test('children of a server that is killed end by themselves', { skip }, async (t) => {
  await using server = runCaptiond(['serve']);
  const { ffmpeg, engine } = await publishing(server);
  t.teardown(() => [ffmpeg, engine].filter(isRunning).forEach((pid) => process.kill(pid, 'SIGKILL')));
  await kill(server);
  await eventually('both are gone', () => !isRunning(ffmpeg) && !isRunning(engine));
  t.pass();
});

void t.test(
  'children that hang are ended at the next start, and those of another server never',
  { skip },
  async (t) => {
    const folder = await folderOf(t);
    await using first = runCaptiond(['serve'], { DATA_DIR: folder });
    const { ffmpeg, engine } = await publishing(first);
    t.teardown(() => [ffmpeg, engine].filter(isRunning).forEach((pid) => process.kill(pid, 'SIGKILL')));
    for (const pid of [ffmpeg, engine]) process.kill(pid, 'SIGSTOP');
    await kill(first);

    await using other = runCaptiond(['serve']);
    const others = await publishing(other);
    t.strictSame(
      [ffmpeg, engine].map((pid) => processState(pid)?.state),
      ['T', 'T'],
      'neither has ended by itself, and a server of another folder has not touched them',
    );

    await using next = runCaptiond(['serve'], { DATA_DIR: folder, LOG_LEVEL: 'info' });
    const [, admin = ''] = await next.printed(/metrics\s+(http\S+)/);
    t.notOk(isRunning(ffmpeg), 'ffmpeg is gone');
    t.notOk(isRunning(engine), 'the engine is gone');
    for (const pid of [ffmpeg, engine]) {
      t.match(next.output.stderr, new RegExp(`earlier server left behind is killed.*"pid":${pid}\\b`));
    }
    t.match(await (await fetch(admin)).text(), /^orphans_ended_total 2$/m);
    t.ok(isRunning(others.ffmpeg) && isRunning(others.engine), 'those of a server that runs are not touched');
    const { ffmpeg: newFfmpeg } = await publishing(next);
    t.ok(isRunning(newFfmpeg), 'and it serves');
  },
);
