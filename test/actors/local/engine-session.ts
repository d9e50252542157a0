/** One session in the engine's process: what it tells of partials, finals and its progress. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { DecodeQueue } from '../../../actors/local/decode-queue.ts';
import { EngineSession } from '../../../actors/local/engine-session.ts';
import type { FromEngine } from '../../../actors/local/protocol.ts';
import { LoudnessVad, loud, quiet, SECOND } from '../../fixtures/engine/loudness-vad.ts';
import type { LoudnessOptions } from '../../fixtures/engine/loudness-vad.ts';

type Kind = 'partial' | 'final';

interface Asked {
  kind: Kind;
  samples: number;
  answer: (text: string) => Promise<void>;
}

interface RigOptions extends LoudnessOptions {
  threads?: number;
}

const STEP = SECOND / 10;
const STEP_MS = 100;

/** `hears` is what is answered at once; a kind without a text waits for `answer`. */
function rig(hears: Partial<Record<Kind, string>> = {}, { threads = 1, ...options }: RigOptions = {}) {
  const clock = { nowMs: 0 };
  const told: FromEngine[] = [];
  const asked: (Asked & { atMs: number })[] = [];
  const unexpected = (error: unknown): never => {
    throw error;
  };
  const queue = new DecodeQueue({ threads, nowMs: () => clock.nowMs, onError: unexpected });
  const transcribe = (kind: Kind, samples: Float32Array): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const answer = async (text: string): Promise<void> => {
      resolve(text);
      await turn();
    };
    asked.push({ kind, samples: samples.length, answer, atMs: clock.nowMs });
    const text = hears[kind];
    return text === undefined ? promise : Promise.resolve(text);
  };
  const tell = (message: FromEngine): void => void told.push(message);
  const vad = new LoudnessVad(options);
  const session = new EngineSession({ session: 7, vad, queue, transcribe, tell, nowMs: () => clock.nowMs });
  let at = 0;
  /** Says it in tenths of a second, with the clock going on. */
  const say = async (sound: Float32Array, behindSamples = 0): Promise<void> => {
    for (let from = 0; from < sound.length; from += STEP, at += STEP, clock.nowMs += STEP_MS) {
      session.audio(sound.subarray(from, from + STEP), at, behindSamples);
      await turn();
    }
  };
  const answer = async (text: string): Promise<void> => asked.at(-1)?.answer(text);
  const texts = (): string[] =>
    told.flatMap((each) => ('utterance' in each ? [`${each.type} ${each.utterance}: ${each.text}`] : []));
  const count = (type: FromEngine['type']): number => told.filter((each) => each.type === type).length;
  return { clock, session, told, asked, hears, say, answer, texts, count };
}

void t.test('a final has the number of its partials', async (t) => {
  const { say, texts, told } = rig({ partial: 'some', final: 'all' });
  for (let talk = 1; talk <= 2; talk += 1) {
    await say(loud(SECOND));
    await say(quiet(SECOND));
  }
  const inOrder = texts().filter((each, index, all) => each !== all[index - 1]);
  t.strictSame(inOrder, ['partial 1: some', 'final 1: all', 'partial 2: some', 'final 2: all']);
  t.ok(told.every((each) => 'session' in each && each.session === 7));
});

void t.test('partials come every 0.4 s while there is speech, and none in silence', async (t) => {
  const { say, asked } = rig({ partial: 'some', final: 'all' });
  await say(quiet(2 * SECOND));
  t.equal(asked.length, 0);
  await say(loud(2 * SECOND));
  const times = asked.map(({ atMs }) => atMs);
  t.ok(times.length >= 4 && times.length <= 5, times.join(' '));
  t.ok(times.every((atMs, index) => index === 0 || atMs - (times[index - 1] ?? 0) >= 400));
});

void t.test(
  'one partial at a time: the next one begins when the last one is there, however long that takes',
  async (t) => {
    const { say, answer, asked, clock } = rig({}, { threads: 2 });
    await say(loud(1.5 * SECOND));
    t.equal(asked.length, 1, 'one at a time');
    clock.nowMs = 2_000;
    await answer('slow');
    await say(loud(SECOND));
    t.equal(asked[1]?.atMs, 2_000);
  },
);

void t.test('while much sound is waiting there are no partials, but finals', async (t) => {
  const { say, asked } = rig();
  await say(loud(2 * SECOND), 6 * SECOND);
  t.equal(asked.length, 0);
  await say(quiet(SECOND), 6 * SECOND);
  t.match(asked, [{ kind: 'final' }]);
});

void t.test('a partial that comes when its speech is over is not told', async (t) => {
  const { say, answer, texts } = rig({ final: 'all' });
  await say(loud(SECOND));
  await say(quiet(SECOND));
  await answer('late');
  t.strictSame(texts(), ['final 1: all']);
});

void t.test('a partial without text is not told', async (t) => {
  const { say, texts } = rig({ partial: '', final: 'all' });
  await say(loud(SECOND));
  await say(quiet(SECOND));
  t.strictSame(texts(), ['final 1: all']);
});

void t.test('a final without text keeps what the partial has shown', async (t) => {
  const { say, texts } = rig({ partial: 'shown', final: '' });
  await say(loud(3 * STEP));
  await say(quiet(SECOND));
  t.strictSame(texts(), ['partial 1: shown', 'final 1: shown']);
});

void t.test('a final that runs in circles is cut', async (t) => {
  const { say, texts } = rig({ partial: '', final: 'and so on and so on and so on and so on and so on' });
  await say(loud(3 * STEP));
  await say(quiet(SECOND));
  t.strictSame(texts(), ['final 1: and so on']);
});

void t.test('what a partial has shown is taken back when it was no speech', async (t) => {
  const { say, texts } = rig({ partial: 'hm' }, { leastFrames: 100 });
  await say(loud(3 * STEP));
  await say(quiet(SECOND));
  t.strictSame(texts(), ['partial 1: hm', 'final 1: ']);
});

void t.test('what is nothing but silence is settled, in steps', async (t) => {
  const { say, told } = rig();
  await say(quiet(4 * SECOND));
  const settled = told.flatMap((each) => (each.type === 'settled' ? [each.toSample] : []));
  t.ok(settled.length >= 5 && settled.length <= 7, settled.join(' '));
  t.ok(settled.every((sample, index) => sample - (settled[index - 1] ?? 0) >= SECOND / 2));
  t.ok((settled.at(-1) ?? 0) <= 3.5 * SECOND, 'half a second may still be the beginning of speech');
});

void t.test('nothing is settled while a final waits', async (t) => {
  const { say, answer, count } = rig({ partial: '' });
  await say(loud(SECOND));
  await say(quiet(5 * SECOND));
  t.equal(count('settled'), 0);
  await answer('all');
  await say(quiet(SECOND));
  t.not(count('settled'), 0);
});

void t.test('with more than 5 s waiting for finals no more sound is taken', async (t) => {
  const { say, answer, asked, hears, count } = rig({ partial: '' });
  for (let talk = 0; talk < 3; talk += 1) {
    await say(loud(2 * SECOND));
    await say(quiet(SECOND));
  }
  const before = count('taken');
  await say(quiet(SECOND));
  t.equal(count('taken'), before);
  t.equal(asked.filter(({ kind }) => kind === 'final').length, 1, 'one is in work');
  hears.final = 'all';
  await answer('all');
  t.ok(count('taken') > before);
});

void t.test('the last words are told before the end, and the end once', async (t) => {
  const { session, say, answer, told, texts, count } = rig({ partial: '' });
  await say(loud(SECOND));
  session.finish();
  t.equal(count('finished'), 0, 'not before its final');
  await turn();
  await answer('last words');
  t.strictSame(texts(), ['final 1: last words']);
  t.equal(told.at(-1)?.type, 'finished');
  t.equal(count('finished'), 1);
});

void t.test('a session that is closed tells nothing more, and its waiting finals are not decoded', async (t) => {
  const { session, say, answer, asked, told } = rig();
  await say(loud(SECOND));
  await say(quiet(SECOND));
  session.close();
  const before = told.length;
  await answer('partial');
  await say(quiet(SECOND));
  t.strictSame(
    asked.map(({ kind }) => kind),
    ['partial'],
  );
  t.equal(told.length, before);
});
