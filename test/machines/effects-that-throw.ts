/** An effect, a guard or an actor that throws: the session fails, and the reaper leaves nothing open. */
import t from 'tap';
import { fromCallback } from 'xstate';
import { ResourceList } from '../../actors/resources.ts';
import { sessionMachine } from '../../machines/session.ts';
import { superviseRoot } from '../../runtime/reaper.ts';
import { slowWords } from '../support/proof/deadlines.ts';
import { sessionWorld } from '../support/proof/worlds.ts';
import type { World } from '../support/proof/world.ts';

const broken = (): never => {
  throw new Error('broken');
};

/** A whole life: publisher, ffmpeg, words, end. */
const course = [
  ...[
    'publisher.attached',
    'child ready',
    'transcriber ready',
    'audio paused',
    'tick',
    'publisher.lost',
    'publisher.attached',
  ],
  ...['audio.format_changed', 'publisher.ended', 'child exited', 'transcriber finished', 'hub emptied'],
];

function liveThrough(world: World): void {
  for (const name of course) {
    const happening = world.happenings.get(name);
    if (happening?.can() === true) happening.happen();
  }
  while ((world.root.getSnapshot() as { status: string }).status === 'active' && world.clock.step());
}

function supervised(world: World): { left: number[]; errors: unknown[] } {
  const ended = { left: [] as number[], errors: [] as unknown[] };
  superviseRoot(world.root, new ResourceList(), (left, error) => {
    ended.left.push(left);
    ended.errors.push(error);
  });
  return ended;
}

void t.test('each effect of the session may throw', (t) => {
  const effects = ['disconnectPublisher', 'sealAudio', 'settleLedger', 'announceEnd', 'reportSilence'] as const;
  for (const effect of effects) {
    const session = sessionMachine.provide({ actions: { [effect]: broken } });
    const world = sessionWorld(slowWords, { session });
    const ended = supervised(world);
    liveThrough(world);
    t.match(ended.errors, [{ message: 'broken' }], effect);
    t.strictSame([...world.open], [], `${effect}: nothing is open`);
  }
  t.end();
});

void t.test('each guard of the session may throw', (t) => {
  for (const guard of ['isDecoderEnded', 'isTranscriptEnded', 'isAudienceGone', 'hasFailed'] as const) {
    const session = sessionMachine.provide({ guards: { [guard]: broken } });
    const world = sessionWorld(slowWords, { session });
    const ended = supervised(world);
    liveThrough(world);
    t.equal(ended.errors.length, 1, guard);
    t.strictSame([...world.open], [], `${guard}: nothing is open`);
  }
  t.end();
});

void t.test('a transcriber that throws at its start fails the session in order', (t) => {
  const world = sessionWorld(slowWords, {
    session: sessionMachine,
    transcriber: fromCallback(broken),
  });
  const ended = supervised(world);
  liveThrough(world);
  t.match(world.root.getSnapshot(), { status: 'done', value: 'failed', output: { reason: 'transcriber_failed' } });
  t.strictSame(ended.errors, [undefined]);
  t.strictSame([...world.open], []);
  t.end();
});
