/** What the inspector's page makes of the frames that it gets. */
import t from 'tap';
import {
  activePaths,
  deadlinesOf,
  FRAMES_MAX,
  InspectedSession,
  newestOf,
  readRecording,
} from '../../runtime/web/inspect-model.js';
import type { Frame } from '../../runtime/web/inspect-model.js';

const definition = JSON.stringify({
  id: 'process',
  states: { up: { states: { ending: { after: { stopTimeout: 'killing' } }, killing: {} } }, down: {} },
});
const actor = (sessionId: string, fields: object = {}): Frame => {
  return { type: '@xstate.actor', sessionId, createdAt: '1000', name: sessionId, definition, snapshot: {}, ...fields };
};
const snapshot = (sessionId: string, value: unknown, atMs: number, context: Record<string, unknown> = {}): Frame => {
  return {
    type: '@xstate.snapshot',
    sessionId,
    createdAt: String(atMs),
    snapshot: { status: 'active', value, context },
  };
};

void t.test('active states are named as in the drawings', (t) => {
  t.strictSame(activePaths('m', 'a'), ['m', 'm.a']);
  t.strictSame(activePaths('m', { a: { b: 'c' } }), ['m', 'm.a', 'm.a.b', 'm.a.b.c']);
  t.strictSame(activePaths('m', { a: 'x', b: {} }), ['m', 'm.a', 'm.a.x', 'm.b']);
  t.strictSame(activePaths('m', undefined), []);
  t.end();
});

void t.test('the state that is brought into view is the newest one, at first the first of all', (t) => {
  const entered = (states: Record<string, number>) => newestOf(new Map(Object.entries(states)));
  const first = { m: 1, 'm.a': 1, 'm.a.x': 1, 'm.b': 1, 'm.b.y': 1 };
  t.equal(entered(first), 'm.a.x');
  t.equal(entered({ ...first, 'm.b.y': 2 }), 'm.b.y');
  t.equal(entered({ ...first, 'm.b': 2, 'm.b.y': 2 }), 'm.b.y');
  t.equal(entered({}), undefined);
  t.end();
});

void t.test('actors form a tree, whichever comes first', (t) => {
  const session = new InspectedSession();
  session.apply(actor('child', { parentId: 'root' }));
  t.strictSame(
    session.roots.map(({ name }) => name),
    ['child'],
  );
  session.apply(actor('root'));
  t.strictSame(
    session.roots.map(({ name }) => name),
    ['root'],
  );
  t.strictSame(
    session.childrenOf('root').map(({ name }) => name),
    ['child'],
  );
  t.end();
});

void t.test('a state knows since when it is active, and what it waits for', (t) => {
  const session = new InspectedSession();
  session.apply(actor('x:1'));
  session.apply(snapshot('x:1', { up: 'ending' }, 2_000, { timing: { stopTimeoutMs: 5_000 } }));
  session.apply(snapshot('x:1', { up: 'ending' }, 3_000, { timing: { stopTimeoutMs: 5_000 } }));
  const known = session.actors.get('x:1');
  if (known === undefined) throw new Error('it is gone');
  t.strictSame(deadlinesOf(known), [{ state: 'process.up.ending', delay: 'stopTimeout', dueAtMs: 7_000 }]);
  session.apply(snapshot('x:1', 'down', 4_000));
  t.strictSame(deadlinesOf(session.actors.get('x:1') ?? known), []);
  t.equal(session.actors.get('x:1')?.changedAtMs, 4_000);
  t.end();
});

void t.test('a session that goes on for days is kept within bounds', (t) => {
  const session = new InspectedSession();
  session.apply(actor('x:1'));
  for (let number = 0; number < FRAMES_MAX + 500; number += 1) {
    session.apply({ type: '@xstate.event', sessionId: 'x:1', createdAt: '1', event: { type: `e${number}` } });
  }
  t.equal(session.frames.length, FRAMES_MAX);
  t.equal(session.log.length, FRAMES_MAX);
  t.equal(session.log.at(-1)?.event.type, `e${FRAMES_MAX + 499}`);
  t.equal(session.actors.size, 1);
  t.end();
});

void t.test('a recording gives the same picture; lines that are none are skipped', (t) => {
  const session = new InspectedSession();
  for (const frame of [actor('x:1'), snapshot('x:1', 'down', 2_000)]) session.apply(frame);
  const text = `${session.frames.map((frame) => JSON.stringify(frame)).join('\n')}\nnonsense\n{"type":"other"}\n`;
  const again = new InspectedSession();
  for (const frame of readRecording(text)) again.apply(frame);
  t.strictSame([...again.actors], [...session.actors]);
  t.equal(readRecording('').length, 0);
  t.end();
});
