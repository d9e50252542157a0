import t from 'tap';
import { AudioIntake } from '../../../actors/audio/intake.ts';
import type { GapCause } from '../../../actors/ports.ts';
import { aacTags } from '../../support/audio-tags.ts';
import { decoderRig } from '../../support/decoder-rig.ts';
import { clips } from '../../support/speech.ts';

const [clip] = clips;
if (clip === undefined) throw new Error('no clip');
const samples = clip.pcm.length / 2;
const tags = aacTags(clip.path);
const tolerance = 4_000;

void t.test('two seconds of lost tags become two seconds of silence in their place', async (t) => {
  await using undisturbed = decoderRig();
  undisturbed.feed(tags);
  await using rig = decoderRig();
  rig.feed(tags.filter(({ timestampMs }) => timestampMs < 3_000 || timestampMs >= 5_000));
  const heard = [];
  for (const one of [undisturbed, rig]) {
    await one.reached(samples - tolerance);
    await one.stop();
    one.intake.drained();
    heard.push(one.takePcm());
  }
  const [whole = Buffer.alloc(0), holed = Buffer.alloc(0)] = heard;
  t.ok(Math.abs(whole.length - holed.length) <= 4, `${holed.length} of ${whole.length} bytes`);
  t.ok(loudness(holed, 3_100, 4_900) === 0, 'silence where tags were lost');
  t.ok(loudness(whole, 3_100, 4_900) > 100);
  t.ok(
    Math.abs(loudness(holed, 6_000, 9_000) / loudness(whole, 6_000, 9_000) - 1) < 0.01,
    'speech after it in its place',
  );
  t.strictSame(rig.gaps, []);
});

void t.test('a publisher away for longer than silence is filled in leaves a declared gap', async (t) => {
  const gaps: { startMs: number; endMs: number; cause: GapCause }[] = [];
  await using rig = decoderRig();
  let nowMs = 0;
  const feed = (part: typeof tags): void => part.forEach((tag) => rig.intake.audio(tag, nowMs + tag.timestampMs));
  feed(tags.slice(0, 60));
  await rig.reached(50 * 1024);
  nowMs = 20_000;
  rig.intake.publisherChanged();
  feed(tags);
  await rig.reached(20_000 * 16 + samples - tolerance);
  gaps.push(...rig.gaps);
  t.equal(gaps.length, 1);
  t.match(gaps[0], { cause: 'publisher_lost' });
  t.ok(Math.abs((gaps[0]?.startMs ?? 0) - 60 * 64) < 70, 'from the end of its sound');
  t.ok(Math.abs((gaps[0]?.endMs ?? 0) - 20_000) < 5, 'to its return');
});

void t.test('audio that no decoder ever took is declared when the session ends', (t) => {
  const gaps: GapCause[] = [];
  const intake = new AudioIntake({
    chunkMs: 100,
    bufferMs: 60_000,
    onGap: (_startMs, _endMs, cause) => void gaps.push(cause),
    onFormatChanged: () => {},
  });
  for (const tag of tags) intake.audio(tag, 0);
  intake.drained();
  intake.drained();
  t.strictSame(gaps, ['decoder_lost']);
  const { receivedMs, gapMs } = intake.totals();
  t.equal(receivedMs, gapMs);
  t.ok(Math.abs(receivedMs - samples / 16) < 100);
  intake.audio({ codec: 'aac', config: false, timestampMs: 0, body: Buffer.from([0xaf, 1, 0]) }, 1);
  t.equal(intake.totals().receivedMs, receivedMs, 'nothing is taken any more');
  t.end();
});

void t.test('a feed that no decoder takes is bounded; what is dropped is a gap', async (t) => {
  await using rig = decoderRig({ command: '/nonexistent' });
  const long = Array.from({ length: 60 }, (_, round) =>
    tags.filter(({ config }) => !config).map((tag) => ({ ...tag, timestampMs: tag.timestampMs + round * 11_072 })),
  ).flat();
  rig.feed(tags.filter(({ config }) => config));
  rig.feed(long);
  t.ok(rig.intake.droppedTags > 0);
  rig.intake.drained();
  t.equal(rig.gaps.length, 1);
  t.strictSame(rig.intake.totals().unackedMs, 0);
});

/** Root mean square of [fromMs, toMs). */
function loudness(pcm: Buffer, fromMs: number, toMs: number): number {
  let sum = 0;
  for (let at = fromMs * 32; at < toMs * 32; at += 2) sum += pcm.readInt16LE(at) ** 2;
  return Math.sqrt(sum / ((toMs - fromMs) * 16));
}
