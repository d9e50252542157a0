/** A recording that is played again. */
import t from 'tap';
import { Replay } from '../../runtime/web/inspect-replay.js';
import type { Frame } from '../../runtime/web/inspect-model.js';

const frames: Frame[] = [
  { type: '@xstate.actor', sessionId: 'x:1', createdAt: '1000', name: 'session', snapshot: { value: 'a' } },
  { type: '@xstate.snapshot', sessionId: 'x:1', createdAt: '1200', snapshot: { value: 'b' } },
  { type: '@xstate.snapshot', sessionId: 'x:1', createdAt: '9000', snapshot: { value: 'c' } },
];

void t.test('any place of a recording can be gone to, forwards and backwards', (t) => {
  const replay = new Replay(frames);
  const value = (): unknown => replay.session.actors.get('x:1')?.snapshot.value;
  t.strictSame([replay.position, replay.left, value()], [0, 3, undefined]);
  const seen = [3, 1, 2, 0].map((place) => {
    replay.seek(place);
    return [replay.position, value()];
  });
  t.strictSame(seen, [
    [3, 'c'],
    [1, 'a'],
    [2, 'b'],
    [0, undefined],
  ]);
  replay.seek(99);
  t.strictSame([replay.position, replay.left], [3, 0], 'not beyond its end');
  replay.seek(-1);
  t.equal(replay.position, 0, 'not before its beginning');
  t.end();
});

void t.test('it is played in its own time, and long silences are cut', (t) => {
  const replay = new Replay(frames);
  t.strictSame([replay.waitMs, replay.clock], [0, '']);
  replay.seek(1);
  t.strictSame([replay.waitMs, replay.clock], [200, ' · 00:00:01.000']);
  replay.seek(2);
  t.equal(replay.waitMs, 1_000);
  replay.seek(3);
  t.equal(replay.waitMs, 0, 'nothing comes any more');
  t.end();
});
