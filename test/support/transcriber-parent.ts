/** Whoever has a transcriber, in place of a session: remembers what it is told, and asks for the end. */
import { createActor, sendTo, setup } from 'xstate';
import type { AnyActorLogic } from 'xstate';
import type { TranscriberCommand, TranscriberFact } from '../../machines/events.ts';
import { callbackSlot } from '../../machines/slots.ts';
import { eventually } from './processes.ts';

const parent = setup({
  types: {
    events: {} as TranscriberFact | { type: 'finish' },
    children: {} as { transcriber: 'transcriber' },
  },
  actors: { transcriber: callbackSlot<TranscriberCommand>('transcriber') },
}).createMachine({
  invoke: { id: 'transcriber', src: 'transcriber' },
  on: { finish: { actions: sendTo('transcriber', { type: 'transcriber.finish' }) } },
});

export interface TranscriberParent {
  /** What the transcriber has told, in order. */
  facts: TranscriberFact[];
  /** Resolves once this has been told so many times. */
  told: (type: TranscriberFact['type'], times?: number) => Promise<void>;
  /** Asks for the last finals and waits for them. */
  finish: () => Promise<void>;
  /** Stops it at once. */
  stop(): void;
}

const WAIT_MS = 60_000;

export function startTranscriber(transcriber: AnyActorLogic): TranscriberParent {
  const facts: TranscriberFact[] = [];
  const actor = createActor(parent.provide({ actors: { transcriber: transcriber as never } }), {
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.event.type.startsWith('transcriber.') && event.actorRef === actor) {
        facts.push(event.event as TranscriberFact);
      }
    },
  });
  actor.subscribe({ error: () => {} });
  actor.start();
  const told = (type: TranscriberFact['type'], times = 1): Promise<void> =>
    eventually(`${type} ${times} times`, () => facts.filter((fact) => fact.type === type).length >= times, WAIT_MS);
  const finish = async (): Promise<void> => {
    actor.send({ type: 'finish' });
    await told('transcriber.finished');
    actor.stop();
  };
  return { facts, told, finish, stop: () => void actor.stop() };
}
