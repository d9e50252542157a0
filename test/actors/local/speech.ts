/** Stretches of speech cut out of sound, at the session's own positions, over a detector that hears what is not 0. */
import t from 'tap';
import { Speech, SPEECH_MAX_SAMPLES } from '../../../actors/local/speech.ts';
import type { Utterance } from '../../../actors/local/speech.ts';
import { VAD_FRAME_SAMPLES } from '../../../actors/local/sherpa.ts';
import { LoudnessVad, loud, quiet, SECOND } from '../../fixtures/engine/loudness-vad.ts';

function rig(vad = new LoudnessVad()) {
  const ended: Utterance[] = [];
  const withdrawn: number[] = [];
  const speech = new Speech(vad, {
    ended: (utterance) => void ended.push(utterance),
    withdrawn: (number) => void withdrawn.push(number),
  });
  return { speech, ended, withdrawn };
}

const joined = (...parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));
const places = (ended: readonly Utterance[]) =>
  ended.map(({ number, startSample, endSample }) => ({ number, startSample, endSample }));
const frames = (count: number): number => count * VAD_FRAME_SAMPLES;

void t.test('a stretch has its place, and its sound with 0.3 s before and 0.1 s after', (t) => {
  const { speech, ended } = rig();
  speech.push(joined(quiet(frames(40)), loud(frames(30)), quiet(frames(40))), 0);
  t.strictSame(places(ended), [{ number: 1, startSample: frames(40), endSample: frames(70) }]);
  const { samples } = ended[0] ?? { samples: quiet(0) };
  t.equal(samples.length, 0.3 * SECOND + frames(30) + 0.1 * SECOND);
  t.strictSame([samples.indexOf(1), samples.lastIndexOf(1) + 1], [0.3 * SECOND, 0.3 * SECOND + frames(30)]);
  t.end();
});

void t.test('how the sound is cut into messages changes nothing', (t) => {
  const sound = joined(quiet(frames(20)), loud(frames(20)), quiet(frames(20)), loud(frames(7)), quiet(frames(20)));
  const expected = [
    { number: 1, startSample: frames(20), endSample: frames(40) },
    { number: 2, startSample: frames(60), endSample: frames(67) },
  ];
  for (const step of [1, 100, 511, 512, 513, 1_600, sound.length]) {
    const { speech, ended } = rig();
    for (let at = 0; at < sound.length; at += step) speech.push(sound.subarray(at, at + step), at);
    t.strictSame(places(ended), expected, `${step} samples`);
  }
  t.end();
});

void t.test('positions are those of the session, wherever the sound begins', (t) => {
  const { speech, ended } = rig();
  const from = 3_600 * SECOND + 7;
  speech.push(joined(quiet(frames(10)), loud(frames(10)), quiet(frames(20))), from);
  t.strictSame(places(ended), [{ number: 1, startSample: from + frames(10), endSample: from + frames(20) }]);
  t.equal(speech.endSample, from + frames(40));
  t.end();
});

void t.test('what goes on begins half a second before it was found, and has an end that moves', (t) => {
  const { speech } = rig();
  speech.push(quiet(2 * SECOND), 0);
  t.equal(speech.open, undefined);
  t.equal(speech.quietUntilSample, speech.endSample - 0.5 * SECOND);
  speech.push(loud(frames(4)), 2 * SECOND);
  const { open } = speech;
  t.match(open, { number: 1, endSample: speech.endSample });
  speech.push(loud(frames(10)), 2 * SECOND + frames(4));
  t.strictSame(speech.open, { number: 1, startSample: open?.startSample, endSample: speech.endSample });
  t.equal(speech.quietUntilSample, open?.startSample, 'from there on it is needed');
  t.ok(Math.abs((open?.startSample ?? 0) - 1.5 * SECOND) <= VAD_FRAME_SAMPLES);
  t.end();
});

void t.test('the sound of a place is what was pushed there', (t) => {
  const { speech } = rig();
  const counted = Float32Array.from({ length: frames(20) }, (_, index) => index);
  speech.push(counted, 5_000);
  t.strictSame([...speech.sound(5_100, 5_103)], [100, 101, 102]);
  t.end();
});

void t.test('a hole in the clock ends what was open, and what follows has its place behind it', (t) => {
  const { speech, ended } = rig();
  speech.push(joined(quiet(frames(20)), loud(frames(10) + 100)), 0);
  speech.push(joined(loud(frames(10)), quiet(frames(20))), 100 * SECOND);
  t.strictSame(places(ended), [
    { number: 1, startSample: frames(20), endSample: frames(30) + 100 },
    { number: 2, startSample: 100 * SECOND, endSample: 100 * SECOND + frames(10) },
  ]);
  t.end();
});

void t.test('the end of the sound ends what was open, not behind the last sample', (t) => {
  for (const rest of [0, 1, 511]) {
    const { speech, ended } = rig();
    speech.push(joined(quiet(frames(20)), loud(frames(10) + rest)), 0);
    speech.flush();
    t.strictSame(places(ended), [{ number: 1, startSample: frames(20), endSample: frames(30) + rest }]);
    speech.flush();
    t.equal(ended.length, 1, 'once');
  }
  t.end();
});

void t.test('speech without a pause is cut by force, and no sample of it is lost', (t) => {
  const { speech, ended } = rig();
  speech.push(loud(30 * SECOND), 0);
  speech.flush();
  t.ok(ended.length >= 3);
  t.ok(ended.every(({ startSample, endSample }) => endSample - startSample <= SPEECH_MAX_SAMPLES));
  t.strictSame([ended[0]?.startSample, ended.at(-1)?.endSample], [0, 30 * SECOND]);
  const holes = ended.filter(({ startSample }, index) => startSample !== (ended[index - 1]?.endSample ?? 0));
  t.strictSame(holes, []);
  t.end();
});

void t.test('the sound before a stretch is never that of the stretch before it', (t) => {
  const { speech, ended } = rig();
  speech.push(joined(loud(frames(20)), quiet(frames(8)), loud(frames(20)), quiet(frames(8))), 0);
  const [first, second] = ended;
  const own = (second?.endSample ?? 0) - (first?.endSample ?? 0);
  t.ok((second?.samples.length ?? Infinity) <= own + 0.1 * SECOND);
  t.end();
});

void t.test('what was taken for speech and is none is withdrawn, with the number that it would have had', (t) => {
  const { speech, ended, withdrawn } = rig(new LoudnessVad({ leastFrames: 3 }));
  speech.push(joined(quiet(frames(20)), loud(frames(1)), quiet(frames(20))), 0);
  t.strictSame(withdrawn, [1]);
  t.equal(speech.open, undefined);
  speech.push(joined(loud(frames(5)), quiet(frames(20))), frames(41));
  t.strictSame(
    ended.map(({ number }) => number),
    [2],
  );
  t.end();
});

void t.test('at a forced cut less than a tenth of a second is no speech', (t) => {
  const { speech, ended, withdrawn } = rig();
  speech.push(joined(quiet(frames(20)), loud(frames(2))), 0);
  speech.flush();
  t.strictSame([ended, withdrawn], [[], [1]]);
  t.end();
});
