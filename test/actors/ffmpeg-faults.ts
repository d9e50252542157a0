import t from 'tap';
import { waitFor } from 'xstate';
import { readConfig } from '../../runtime/config.ts';
import { sessionInput } from '../../runtime/session-timing.ts';
import { aacTags } from '../support/audio-tags.ts';
import { decoderRig } from '../support/decoder-rig.ts';
import { eventually, isAlive } from '../support/processes.ts';
import { clips } from '../support/speech.ts';

const [clip] = clips;
if (clip === undefined) throw new Error('no clip');
const tags = aacTags(clip.path);
const fixture = (name: string) => new URL(`../fixtures/ffmpeg/${name}.mjs`, import.meta.url).pathname;
const quick = { endTimeoutMs: 200, terminateTimeoutMs: 300 };

void t.test('one that is deaf to the end of its input leaves on SIGTERM', async (t) => {
  await using rig = decoderRig({ command: fixture('deaf-to-end-of-input'), timing: quick });
  await rig.fact('process.ready');
  t.match(await rig.stop(), { outcome: 'exited', rung: 'terminating', signal: 'SIGTERM' });
  t.equal(rig.resources.size, 0);
});

void t.test(
  'one that is deaf to SIGTERM too is killed with its children, 5 s later by the usual options',
  async (t) => {
    const read = readConfig({});
    if (!read.ok) throw new Error('the defaults are no options');
    await using rig = decoderRig({
      command: fixture('deaf-to-sigterm'),
      timing: sessionInput(read.config).decoder.timing,
    });
    const { pid } = await rig.fact('process.started');
    await rig.reached(1);
    const stopped = rig.stop();
    await waitFor(rig.actor, (now) => now.matches({ up: 'terminating' }));
    const sinceMs = performance.now();
    t.match(await stopped, { outcome: 'exited', rung: 'killing', signal: 'SIGKILL' });
    const tookMs = performance.now() - sinceMs;
    t.ok(tookMs > 4_950 && tookMs < 5_500, `${Math.round(tookMs)} ms after SIGTERM`);
    await eventually('the end of the whole group', () => !isAlive(-pid));
    t.equal(rig.resources.size, 0);
  },
);

void t.test('one that gives nothing for its audio is replaced', async (t) => {
  await using rig = decoderRig({ command: fixture('silent'), stallMs: 300 });
  rig.feed(tags);
  const { pid } = await rig.fact('process.started');
  await rig.fact('process.stalled');
  t.match(await rig.fact('process.exited'), { signal: 'SIGKILL' });
  t.notOk(isAlive(pid));
  await rig.fact('process.started', 1);
});

void t.test('one that dies is replaced, its own children are ended, and no sound is lost', async (t) => {
  await using rig = decoderRig({ command: fixture('dies-after-bytes') });
  const { pid } = await rig.fact('process.started');
  rig.feed(tags);
  t.match(await rig.fact('process.exited'), { signal: 'SIGSEGV' });
  await eventually('the end of the whole group', () => !isAlive(-pid));
  await rig.reached(clip.pcm.length / 2 - 4_000);
  t.strictSame(rig.gaps, []);
});

void t.test('one that dies over every frame is given up after five times, and its end is told', async (t) => {
  await using rig = decoderRig({ command: fixture('dies-at-once') });
  rig.feed(tags);
  await eventually('the chart has given up', () => rig.actor.getSnapshot().status === 'done', 30_000);
  t.match(rig.actor.getSnapshot().output, { outcome: 'failed', reason: 'restart_intensity' });
  t.equal(rig.facts.filter(({ type }) => type === 'process.started').length, 6);
  t.equal(rig.resources.size, 0);
});

void t.test('one that floods its stderr is not held up, and the last 50 lines are kept', async (t) => {
  await using rig = decoderRig({ command: fixture('floods-stderr') });
  rig.feed(tags);
  await rig.reached(clip.pcm.length / 2 - 4_000);
  await rig.stop();
  const left = rig.lines.find(({ message }) => message === 'ffmpeg has left');
  t.match(left?.fields, { stderr: /./ });
  t.ok(Array.isArray(left?.fields['stderr']) && left.fields['stderr'].length <= 50);
});

void t.test('PCM that is cut inside samples is put together again', async (t) => {
  await using whole = decoderRig();
  await using cut = decoderRig({ command: fixture('odd-bytes') });
  for (const rig of [whole, cut]) {
    rig.feed(tags);
    await rig.reached(clip.pcm.length / 2 - 4_000);
    await rig.stop();
    rig.intake.drained();
  }
  t.ok(whole.takePcm().equals(cut.takePcm()));
});

void t.test('a program that does not exist is refused, with its name', async (t) => {
  await using rig = decoderRig({ command: '/nonexistent/ffmpeg' });
  t.match(await rig.fact('process.refused'), { reason: /\/nonexistent\/ffmpeg/ });
  await eventually('the chart has ended', () => rig.actor.getSnapshot().status === 'done');
  t.match(rig.actor.getSnapshot().output, { outcome: 'failed', reason: /ENOENT/ });
});
