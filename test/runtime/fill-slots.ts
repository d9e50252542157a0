/** One chart for all, with the effects of each: over the pinned XState, beside what `provide` does. */
import t from 'tap';
import { createActor, fromCallback, setup, SimulatedClock } from 'xstate';
import { fillSlots } from '../../runtime/fill-slots.ts';

const empty = setup({
  actors: { child: fromCallback(() => {}) },
  actions: { note: (): void => {} },
  guards: { isOpen: () => false },
  delays: { wait: 10_000 },
});

const chart = empty.createMachine({
  initial: 'waiting',
  states: {
    waiting: { entry: 'note', after: { wait: 'asking' } },
    asking: { invoke: { src: 'child' }, on: { asked: [{ guard: 'isOpen', target: 'open' }, { target: 'closed' }] } },
    open: { entry: 'note', type: 'final' },
    closed: { entry: 'note', type: 'final' },
  },
});

/** Effects that can be told apart; `isOpen` decides where it ends. */
function effects(name: string, isOpen: boolean, waitMs: number) {
  const noted: string[] = [];
  const slots = {
    actors: { child: fromCallback(({ sendBack }) => sendBack({ type: 'asked' })) },
    actions: { note: () => void noted.push(name) },
    guards: { isOpen: () => isOpen },
    delays: { wait: waitMs },
  };
  return { noted, slots };
}

function ended(machine: typeof chart, waitMs: number) {
  const clock = new SimulatedClock();
  const actor = createActor(machine, { clock });
  actor.start();
  clock.increment(waitMs);
  const { status, value } = actor.getSnapshot();
  return { status, value };
}

void t.test('each has its own actions, guards, delays and actors, as with provide', (t) => {
  const one = effects('one', true, 100);
  const other = effects('other', false, 200);
  const both = [fillSlots(chart, one.slots), fillSlots(chart, other.slots)] as const;
  t.match(ended(both[0], 100), { status: 'done', value: 'open' });
  t.match(ended(fillSlots(chart, effects('', false, 200).slots), 199), { status: 'active', value: 'waiting' });
  t.match(ended(both[1], 200), { status: 'done', value: 'closed' });
  t.strictSame(
    [one.noted, other.noted],
    [
      ['one', 'one'],
      ['other', 'other'],
    ],
  );
  t.strictSame(ended(chart.provide(one.slots), 100), ended(both[0], 100));
  t.match(ended(chart, 10_000), { status: 'active', value: 'asking' }, 'the chart itself is empty');
  t.end();
});

void t.test('what is filled may be filled further, and the tree of states is one for all', (t) => {
  const { noted, slots } = effects('last', true, 5);
  const filled = fillSlots(fillSlots(chart, { delays: { wait: 1 } }), slots);
  t.match(ended(filled, 5), { status: 'done', value: 'open' });
  t.strictSame(noted, ['last', 'last']);
  t.equal(filled.root, chart.root);
  t.match(ended(fillSlots(filled, { guards: { isOpen: () => false } }), 5), { value: 'closed' });
  t.end();
});
