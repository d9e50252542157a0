import t from 'tap';
import { SessionClock } from '../../../actors/audio/clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const FRAME_MS = 20;
const FRAME = FRAME_MS * 16;

/** Lays frames of 20 ms with these timestamps, arriving when `arrivals` says (as they were recorded by default). */
function lay(
  timestamps: number[],
  arrivals = timestamps,
): { clock: SessionClock; places: ReturnType<SessionClock['place']>[] } {
  const clock = new SessionClock();
  const places = timestamps.map((timestampMs, index) => clock.place(timestampMs, FRAME, arrivals[index] ?? 0));
  return { clock, places };
}

const steady = (count: number, fromMs = 0): number[] =>
  Array.from({ length: count }, (_, index) => fromMs + index * FRAME_MS);

void t.test('sound is laid end to end from 0, whatever the first timestamp is', (t) => {
  const { places } = lay(steady(5, 18_000_000));
  t.strictSame(
    places.map(({ startSample }) => startSample),
    [0, 320, 640, 960, 1280],
  );
  t.end();
});

void t.test('timestamps that tremble within 100 ms move nothing', (t) => {
  const { places } = lay(steady(200).map((ms, index) => ms + (index % 3) * 30));
  t.ok(places.every(({ hole }) => hole === undefined));
  t.end();
});

void t.test('lost sound leaves a hole as long as the timestamps say', (t) => {
  const { places } = lay([...steady(3), ...steady(3, 2_060)]);
  t.strictSame(places[3], { startSample: 2_060 * 16, hole: { samples: 2_000 * 16, cause: 'audio_lost' } });
  t.equal(places[4]?.hole, undefined);
  t.end();
});

void t.test('losses too small to count alone count when they add up', (t) => {
  const { clock } = lay(steady(100).map((ms) => ms * 1.5));
  t.ok(Math.abs(clock.endSample / 16 - 99 * 30 - 20) <= 100, `${clock.endSample / 16}`);
  t.end();
});

void t.test('a jump of an hour without time passing leaves no hole', (t) => {
  const stamps = [...steady(3), ...steady(3, 3_600_000)];
  const { places, clock } = lay(stamps, steady(6));
  t.ok(places.every(({ hole }) => hole === undefined));
  t.equal(clock.endSample, 6 * FRAME);
  t.end();
});

void t.test('a jump with time passing leaves a hole no longer than that time', (t) => {
  const { places } = lay([0, 20, 3_600_000], [0, 20, 8_020]);
  t.strictSame(places[2]?.hole, { samples: 8_000 * 16, cause: 'audio_lost' });
  t.end();
});

void t.test('timestamps that start again, or stay 0, lose nothing', (t) => {
  const again = lay([...steady(50), ...steady(50)]);
  t.equal(again.clock.endSample, 100 * FRAME);
  const zero = lay(Array.from({ length: 300 }, () => 0));
  t.equal(zero.clock.endSample, 300 * FRAME);
  t.end();
});

void t.test('a stall that is caught up leaves no hole', (t) => {
  const { clock } = lay(
    steady(100),
    steady(100).map((ms) => (ms < 500 ? ms : Math.max(ms, 3_500))),
  );
  t.equal(clock.endSample, 100 * FRAME);
  t.end();
});

void t.test('a publisher that returns leaves the hole of its absence, whatever its timestamps say', (t) => {
  const clock = new SessionClock();
  clock.place(0, FRAME, 1_000);
  clock.publisherChanged();
  t.strictSame(clock.place(987_654, FRAME, 4_000).hole, { samples: 2_980 * 16, cause: 'publisher_lost' });
  t.equal(clock.place(987_674, FRAME, 4_020).hole, undefined);
  t.end();
});

void t.test('a publisher that is taken over at once leaves none', (t) => {
  const clock = new SessionClock();
  clock.publisherChanged();
  clock.place(0, FRAME, 1_000);
  clock.publisherChanged();
  t.equal(clock.place(5, FRAME, 1_015).hole, undefined);
  t.end();
});

/** Stays of a live publisher, each from timestamp 0, whose frames come up to `lateMs` late; the rest of them is away. */
function returns(count: number, lateMs: number, stayFrames = 30) {
  const clock = new SessionClock();
  const random = seededRandom(5);
  let truthMs = 0;
  let offMs = 0;
  for (let stay = 0; stay < count; stay += 1) {
    clock.publisherChanged();
    for (let frame = 0; frame < stayFrames; frame += 1) {
      const { startSample } = clock.place(frame * FRAME_MS, FRAME, truthMs + random() * lateMs);
      offMs = startSample / 16 - truthMs;
      truthMs += FRAME_MS;
    }
    truthMs += random() * 150;
  }
  return { clock, offMs };
}

void t.test('after a thousand returns sound is where the wall clock says, however short each absence was', (t) => {
  for (const lateMs of [0, 5, 40]) {
    const { offMs } = returns(1_000, lateMs);
    t.ok(Math.abs(offMs) <= lateMs + 1, `frames up to ${lateMs} ms late: ${offMs.toFixed(1)} ms off`);
  }
  t.end();
});

void t.test('a publisher whose clock is slow or fast comes back to where its own sound was', (t) => {
  for (const drift of [-0.000_3, 0.000_3]) {
    const clock = new SessionClock();
    const frames = 5 * 3_600 * 50;
    for (let frame = 0; frame < frames; frame += 1)
      clock.place(frame * FRAME_MS, FRAME, frame * FRAME_MS * (1 + drift));
    clock.publisherChanged();
    const awayMs = 8_000;
    const { hole } = clock.place(0, FRAME, frames * FRAME_MS * (1 + drift) + awayMs);
    t.ok(Math.abs((hole?.samples ?? 0) / 16 - awayMs) < 30, `${(hole?.samples ?? 0) / 16} ms`);
  }
  t.end();
});

void t.test('a pause of a publisher that goes on with its timestamps is no part of its later absence', (t) => {
  const clock = new SessionClock();
  for (let frame = 0; frame < 100; frame += 1) clock.place(frame * FRAME_MS, FRAME, frame * FRAME_MS);
  for (let frame = 100; frame < 200; frame += 1) clock.place(frame * FRAME_MS, FRAME, 600_000 + frame * FRAME_MS);
  clock.publisherChanged();
  t.equal(clock.place(0, FRAME, 600_000 + 199 * FRAME_MS + 3_000).hole?.samples, 3_000 * 16);
  t.end();
});

void t.test('sound that came faster than real time hides no absence', (t) => {
  const clock = new SessionClock();
  for (let frame = 0; frame < 500; frame += 1) clock.place(frame * FRAME_MS, FRAME, 0);
  clock.publisherChanged();
  t.equal(clock.place(0, FRAME, 3_000).hole?.samples, 3_000 * 16);
  t.end();
});
