/** What every chart must have, whatever it is about. */
import t from 'tap';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { setup } from 'xstate';
import { readEvents } from '../support/docs.ts';
import { allMachines } from '../support/charts/draw.ts';

/** States in which a chart may rest as long as nothing happens. */
const resting = [
  ...['ai-lease.free', 'session.active.ai.serving', 'session.active.insights.making'],
  ...['process.up.running', 'viewers.open', 'server.ready'],
  ...['session.active.phase.running', 'session.active.publisher.awaiting'],
  ...['session.active.publisher.live.flowing', 'session.active.publisher.live.silent'],
  ...['session.active.decoder.idle', 'session.active.decoder.up.starting', 'session.active.decoder.up.decoding'],
  ...['session.active.decoder.up.replacing', 'session.active.decoder.up.ending', 'session.active.decoder.failed'],
  ...['session.active.transcriber.up.connecting', 'session.active.transcriber.up.streaming'],
  ...['session.active.transcriber.up.lost', 'session.active.transcriber.up.finishing'],
  ...['session.active.transcriber.failed', 'session.active.audience.attending', 'session.active.phase.closing'],
  'server.booting',
  ...['engine.up.loading', 'engine.up.serving', 'engine.up.replacing', 'engine.up.reviving', 'engine.up.stopping'],
  ...['webhooks.waiting', 'webhooks.sending.queued'],
  ...['insights.listening', 'insights.calling.queued', 'insights.spent'],
  ...['gladia.active.link.waiting', 'gladia.active.wish.going', 'gladia.active.wish.givenUp'],
  ...[
    'transcription.engine.gladia.streaming',
    'transcription.engine.gladia.resting',
    'transcription.engine.ending.listening',
    'transcription.cloud.alive',
  ],
  ...['transcription.engine.local.listening', 'transcription.engine.local.finishing'],
];

function leaves(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return children.length === 0 ? [node] : children.flatMap(leaves);
}

function all(node: AnyStateNode): AnyStateNode[] {
  return [node, ...(Object.values(node.states) as AnyStateNode[]).flatMap(all)];
}

const nameOf = (node: AnyStateNode): string => [node.machine.id, ...node.path].join('.');

function isBounded(node: AnyStateNode): boolean {
  const isLeft = node.after.length > 0 || (node.always?.some(({ guard }) => guard === undefined) ?? false);
  return isLeft || node.type === 'final' || (node.parent !== undefined && isBounded(node.parent));
}

function faultsOf(machine: AnyStateMachine): string[] {
  const unbounded = leaves(machine.root).filter((node) => !isBounded(node) && !resting.includes(nameOf(node)));
  const wild = all(machine.root).filter((node) => Object.keys(node.on).some((event) => event.includes('*')));
  const invocations = all(machine.root).flatMap(({ config, invoke }) =>
    [config.invoke ?? []].flat().map((given, index) => ({ given, id: invoke[index]?.id ?? '?' })),
  );
  return [
    ...unbounded.map((node) => `${nameOf(node)} has no deadline and is no resting state`),
    ...wild.map((node) => `${nameOf(node)} swallows what it does not know`),
    ...invocations.flatMap(({ given: { id, onError, src }, id: used }) => [
      ...(id === undefined ? [`${used} is invoked without an id`] : []),
      ...(onError === undefined ? [`the error of ${used} is not handled`] : []),
      ...(typeof src === 'string' ? [] : [`${used} is an inline actor`]),
    ]),
    ...(Number.isFinite(machine.options?.maxIterations) ? [] : [`${machine.id} may loop for ever`]),
  ];
}

void t.test('every leaf is bounded or may rest, every child has an id and its error an answer', async (t) => {
  for (const { machine } of await allMachines()) t.strictSame(faultsOf(machine), [], machine.id);
});

void t.test('every resting state is there', async (t) => {
  const names = (await allMachines()).flatMap(({ machine }) => all(machine.root).map(nameOf));
  for (const name of resting) t.ok(names.includes(name), name);
});

void t.test('the rule sees a chart that breaks all of it', (t) => {
  const bad = setup({ actors: { child: setup({}).createMachine({}) } }).createMachine({
    id: 'bad',
    initial: 'stuck',
    states: { stuck: { invoke: { src: 'child' }, on: { '*': 'stuck' } } },
  });
  t.equal(faultsOf(bad).length, 5);
  t.end();
});

void t.test('events are named noun.verb, and charts listen to nothing that the catalogue lacks', async (t) => {
  const catalogue = [...readEvents().matchAll(/type: '([^']+)'/g)].map((match) => match[1] ?? '');
  for (const type of catalogue) t.match(type, /^[a-z]+\.[a-z]+(_[a-z]+)*$/);
  const events = (await allMachines()).flatMap(({ machine }) => machine.events as string[]);
  const unknown = events.filter((event) => !event.startsWith('xstate.') && !catalogue.includes(event));
  t.strictSame(unknown, []);
  const heard = new Set(events);
  const told = [
    ...['process.', 'engine.', 'publisher.', 'transcriber.', 'session.', 'server.', 'sessions.', 'audio.', 'ai.'],
  ];
  const commands = ['process.end_input', 'process.terminate', 'process.kill', 'process.started', 'transcriber.finish'];
  const unheard = catalogue.filter((type) => told.some((prefix) => type.startsWith(prefix)) && !heard.has(type));
  t.strictSame(
    unheard.filter((type) => !commands.includes(type)),
    [],
  );
});
