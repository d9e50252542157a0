import t from 'tap';
import { aacTags, decoded, encode, flvTags, opusTags } from '../support/audio-tags.ts';
import { decoderRig } from '../support/decoder-rig.ts';
import type { DecoderRig } from '../support/decoder-rig.ts';
import { eventually, isAlive } from '../support/processes.ts';
import { clips } from '../support/speech.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [clip] = clips;
if (clip === undefined) throw new Error('no clip');
const samples = clip.pcm.length / 2;
const aac = aacTags(clip.path);

/** Feeds everything, ends in order, and returns all PCM. */
async function decode(rig: DecoderRig): Promise<Buffer> {
  await rig.reached(samples - 4_000);
  await rig.stop();
  rig.intake.drained();
  return rig.takePcm();
}

void t.test('AAC gives the very samples that ffmpeg gives for the file', async (t) => {
  const file = join(t.testdir(), 'clip.flv');
  writeFileSync(file, encode(clip.path, ['-c:a', 'aac', '-b:a', '96k', '-f', 'flv']));
  await using rig = decoderRig();
  rig.feed(aac);
  t.ok((await decode(rig)).equals(decoded(file)));
  t.strictSame(rig.gaps, []);
});

const encodings = {
  'AAC at 44.1 kHz stereo': () => aacTags(clip.path, '-ar', '44100', '-ac', '2'),
  MP3: () => flvTags(encode(clip.path, ['-c:a', 'libmp3lame', '-ar', '44100', '-f', 'flv'])),
  PCM: () => flvTags(encode(clip.path, ['-c:a', 'pcm_s16le', '-ar', '44100', '-f', 'flv'])),
  'G.711 A-law': () => flvTags(encode(clip.path, ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1', '-f', 'flv'])),
  Opus: () => opusTags(clip.path),
};

for (const [name, tags] of Object.entries(encodings)) {
  void t.test(`${name} lasts as long as it was`, async (t) => {
    await using rig = decoderRig();
    rig.feed(tags());
    const { length } = await decode(rig);
    t.ok(Math.abs(length / 2 - samples) < 2_400, `${length / 2} of ${samples} samples`);
    t.strictSame(rig.gaps, []);
  });
}

void t.test('a publisher that changes its codec gets another ffmpeg, and nothing is lost', async (t) => {
  await using rig = decoderRig();
  rig.feed(aac);
  const lastMs = aac.at(-1)?.timestampMs ?? 0;
  rig.feed(opusTags(clip.path).map((tag) => ({ ...tag, timestampMs: tag.timestampMs + lastMs + 64 })));
  await rig.reached(2 * samples - 8_000);
  t.equal(rig.facts.filter(({ type }) => type === 'process.started').length, 2);
  t.strictSame(rig.gaps, []);
});

void t.test('one that is killed with SEGV is replaced by one that goes on at the same sample', async (t) => {
  await using undisturbed = decoderRig();
  undisturbed.feed(aac);
  await using rig = decoderRig();
  const { pid } = await rig.fact('process.started');
  rig.feed(aac.slice(0, 80));
  await rig.reached(78 * 1024);
  process.kill(pid, 'SIGSEGV');
  rig.feed(aac.slice(80));
  const [expected, heard] = [await decode(undisturbed), await decode(rig)];
  t.equal(heard.length, expected.length);
  t.ok(loudestDifference(heard, expected) < 600, 'but for the first frame of a fresh decoder it is the same sound');
});

void t.test('one that is stopped is noticed, killed and replaced, and no sound is lost', async (t) => {
  await using rig = decoderRig({ stallMs: 300 });
  const { pid } = await rig.fact('process.started');
  rig.feed(aac.slice(0, 60));
  await rig.reached(58 * 1024);
  process.kill(pid, 'SIGSTOP');
  rig.feed(aac.slice(60));
  await rig.fact('process.stalled');
  await rig.reached(samples - 4_000);
  t.notOk(isAlive(pid));
  t.strictSame(rig.gaps, []);
});

void t.test('a chart that is stopped without its ladder leaves no process behind', async (t) => {
  const rig = decoderRig();
  const { pid } = await rig.fact('process.ready').then(() => rig.fact('process.started'));
  rig.actor.stop();
  await eventually('the process is gone', () => !isAlive(pid) && rig.resources.size === 0);
  t.pass();
});

void t.test('an ffmpeg without any audio leaves at once when its input ends', async (t) => {
  await using rig = decoderRig();
  await rig.fact('process.ready');
  t.match(await rig.stop(), { outcome: 'exited', rung: 'ending' });
});

function loudestDifference(left: Buffer, right: Buffer): number {
  let loudest = 0;
  for (let at = 0; at < left.length; at += 2) {
    loudest = Math.max(loudest, Math.abs(left.readInt16LE(at) - right.readInt16LE(at)));
  }
  return loudest;
}

const noProc = process.platform === 'linux' ? false : 'only Linux shows the environment of a process';

void t.test('ffmpeg is told no secret of the server', { skip: noProc }, async (t) => {
  process.env['AUTH_SECRET'] = 'canary';
  t.teardown(() => delete process.env['AUTH_SECRET']);
  await using rig = decoderRig();
  const { pid } = await rig.fact('process.started');
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  t.match(environment, /PATH=/);
  t.notMatch(environment, /canary/);
});
