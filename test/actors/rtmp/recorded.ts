import { createHash } from 'node:crypto';
import t from 'tap';
import type { AudioTag } from '../../../actors/ports.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { cut, fixture, fixtureNames, replay } from './harness.ts';
import type { FixtureName, Publish } from './harness.ts';

/** What each recording holds: AAC messages with their one configuration, and how it ends. */
const expected: Record<FixtureName, { tags: number; orderly: boolean; name: string }> = {
  'ffmpeg-audio': { tags: 237, orderly: true, name: 'fixture' },
  'ffmpeg-video': { tags: 143, orderly: true, name: 'fixture' },
  'gst-rtmp2sink': { tags: 474, orderly: true, name: 'fixture' },
  'gst-librtmp': { tags: 516, orderly: true, name: 'fixture' },
  obs: { tags: 603, orderly: false, name: 'fixture' },
};

function digest(tags: AudioTag[]): string {
  const hash = createHash('sha256');
  for (const tag of tags) hash.update(`${tag.codec} ${tag.config} ${tag.timestampMs} `).update(tag.body);
  return hash.digest('hex');
}

async function replayed(name: FixtureName, size: () => number): Promise<Publish> {
  const { publishes } = await replay(cut(fixture(name), size));
  return publishes[0] as Publish;
}

for (const name of fixtureNames) {
  void t.test(`${name}: the recorded publisher gives the same audio in any segmentation`, async (t) => {
    const whole = await replayed(name, () => Infinity);
    const random = seededRandom(1);
    t.equal(whole.tags.length, expected[name].tags);
    t.equal(digest((await replayed(name, () => 1)).tags), digest(whole.tags), 'one byte at a time');
    t.equal(digest((await replayed(name, () => 1 + random() * 5000)).tags), digest(whole.tags), 'random segments');
    t.equal(digest((await replayed(name, () => 1 + random() * 20)).tags), digest(whole.tags), 'random small segments');
  });

  void t.test(`${name}: AAC with its configuration first, on a growing clock`, async (t) => {
    const { tags, request, ends } = await replayed(name, () => 1460);
    t.match(request, { app: 'live', name: expected[name].name });
    t.equal(tags[0]?.config, true);
    t.equal(tags.filter((tag) => tag.config).length, 1, 'repeated configurations are left out');
    t.ok(tags.every((tag) => tag.codec === 'aac' && tag.body[0] === 0xaf));
    const steps = tags.slice(2).map((tag, index) => tag.timestampMs - (tags[index + 1]?.timestampMs ?? 0));
    t.ok(
      steps.every((step) => step >= 20 && step <= 26),
      `steps of 21.3 or 23.2 ms: ${Math.min(...steps)} to ${Math.max(...steps)}`,
    );
    t.strictSame(
      ends.map((end) => end.orderly),
      [expected[name].orderly],
    );
  });
}

void t.test('OBS: the token behind the stream key is found', async (t) => {
  t.equal((await replayed('obs', () => Infinity)).request.token, 't');
});
