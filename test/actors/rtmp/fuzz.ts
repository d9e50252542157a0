/**
 * Recorded and written streams, changed at random: the process lives, the peer is served or closed with a reason, what
 * is kept for it is bounded, and another connection notices nothing.
 *
 *     FUZZ_SEED=7 FUZZ_SECONDS=3600 npm run fuzz                       elsewhere, and an hour for each stream
 *     node test/fixtures/rtmp/grow-corpus.ts                           keeps what is new
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { AudioTag } from '../../../actors/ports.ts';
import { decodeAmf0 } from '../../../actors/rtmp/amf0.ts';
import { AudioTags } from '../../../actors/rtmp/audio-tags.ts';
import { RtmpProtocolError } from '../../../actors/rtmp/protocol-error.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { corpus, mutate, play, seedStreams } from './harness-fuzz.ts';
import { cut, fixture, startReplay } from './harness.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 0);
const casesPerStream = 1_000;

function digest(tags: AudioTag[]): string {
  const hash = createHash('sha256');
  for (const { timestampMs, body } of tags) hash.update(`${timestampMs} `).update(body);
  return hash.digest('hex');
}

/** An undisturbed publisher that goes on a little whenever it is called, for ever. */
async function neighbour() {
  const whole = fixture('ffmpeg-audio');
  const segments = [...cut(whole, () => 500)];
  const alone = await startReplay();
  for (const segment of segments) alone.push(segment);
  const expected = digest((await alone.end()).publishes[0]?.tags ?? []);
  let current = await startReplay();
  let at = 0;
  const differences: number[] = [];
  let rounds = 0;
  return {
    goOn: () => void (at < segments.length && current.push(segments[at++] as Buffer)),
    /** Begins again when the recording is at its end; counts the rounds that were not as when it was alone. */
    async lookAfter() {
      if (at < segments.length) return;
      const { publishes } = await current.end();
      if (digest(publishes[0]?.tags ?? []) !== expected) differences.push(rounds);
      rounds += 1;
      current = await startReplay();
      at = 0;
    },
    end: () => current.end(),
    differences,
    rounds: () => rounds,
  };
}

void t.test('what the corpus holds ends as it did when it was kept', async (t) => {
  const inputs = corpus();
  t.ok(inputs.length > 10, `${inputs.length} inputs`);
  for (const { name, bytes } of inputs) {
    for (const size of [() => Infinity, () => 1]) {
      const { ending, fault } = await play(cut(bytes, size));
      t.equal(fault, undefined, name);
      t.equal(ending, name);
    }
  }
});

for (const stream of seedStreams()) {
  void t.test(`${stream.name}: changed streams from seed ${seed} on`, async (t) => {
    const untilMs = performance.now() + seconds * 1_000;
    const goesOn = (number: number): boolean =>
      seconds > 0 ? performance.now() < untilMs : number < seed + casesPerStream;
    const beside = await neighbour();
    const endings = new Map<string, number>();
    for (let number = seed; goesOn(number); number += 1) {
      const random = seededRandom(number);
      const segments = cut(mutate(stream, random), () => 1 + random() * 3000);
      const { ending, fault } = await play(segments, beside.goOn);
      if (fault !== undefined) t.fail(`${stream.name}, seed ${number}: ${fault}`);
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
      await beside.lookAfter();
    }
    await beside.end();
    t.strictSame(beside.differences, [], `the neighbour was the same in ${beside.rounds()} rounds`);
    t.ok(endings.size > 1, [...endings].map(([ending, count]) => `${count} ${ending}`).join(', '));
  });
}

/** Bytes that look like the format's own more often than noise does. */
const likely = fc.array(
  fc.oneof(
    fc.constantFrom('00', '01', '02', '03', '05', '08', '09', '0a', '0b', '0c', '000009', '0001', '000000'),
    fc.constantFrom('6d703461', '4f707573', '90', '91', '95', '97', '10', '11', '20', '21', 'ff', 'af00', 'af01'),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  ),
  { maxLength: 60 },
);
const bytesOf = (parts: string[]): Buffer => Buffer.from(parts.join(''), 'hex');
const runs = { numRuns: 4 * casesPerStream, seed };

void t.test('any command body is read or refused as AMF0', async (t) => {
  const readOrRefused = (parts: string[]): boolean => {
    try {
      return Array.isArray(decodeAmf0(bytesOf(parts)));
    } catch (error) {
      return error instanceof RtmpProtocolError;
    }
  };
  t.doesNotThrow(() => fc.assert(fc.property(likely, readOrRefused), runs));
});

void t.test('any audio or aggregate body becomes tags or nothing', async (t) => {
  const becomesTags = (parts: string[], timestamps: number[]): boolean => {
    const tags: AudioTag[] = [];
    const audio = new AudioTags(
      (tag) => void tags.push(tag),
      () => undefined,
    );
    for (const timestamp of timestamps) audio.audio(bytesOf(parts), timestamp);
    audio.aggregate(bytesOf(parts), timestamps[0] ?? 0);
    return tags.every(({ body, timestampMs }) => body.length > 0 && timestampMs >= 0 && Number.isInteger(timestampMs));
  };
  const timestamps = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 4 });
  t.doesNotThrow(() => fc.assert(fc.property(likely, timestamps, becomesTags), runs));
});
