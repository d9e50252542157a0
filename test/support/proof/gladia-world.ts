/** The charts of a transcription by Gladia as a world: a parent that asks, fake promises, a fake socket. */
import { sendTo, setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { GladiaApiError } from '../../../actors/gladia-api.ts';
import { bindMachineInput } from '../../../actors/bind-input.ts';
import type { CloudFact, TranscriberFact } from '../../../machines/events.ts';
import { gladiaMachine } from '../../../machines/gladia.ts';
import type { GladiaTiming } from '../../../machines/gladia-setup.ts';
import { transcriptionMachine } from '../../../machines/transcription.ts';
import { World } from './world.ts';
import type { Charts } from './worlds.ts';

export const gladiaTiming: GladiaTiming = {
  initiateTimeoutMs: 500,
  openTimeoutMs: 500,
  probeTimeoutMs: 500,
  healthyAfterMs: 500,
  sessionLimitMs: 500,
  stopTimeoutMs: 500,
  resultTimeoutMs: 500,
  closeTimeoutMs: 1_000,
  terminateTimeoutMs: 500,
  finishTimeoutMs: 2_000,
};

const REST_MS = 500;
/** Losses in a row that the proof tells apart; the real number changes only how often it calls. */
export const ATTEMPTS_TOLD_APART = 1;

const closed = (code: number) => ({ event: () => ({ type: 'gladia.closed', code }), ends: true }) as const;
const told = (type: string) => ({ event: () => ({ type }), repeats: true }) as const;
const refusal = { kind: 'refused', status: 401, reason: 'Gladia answered 401.' } as const;

/** Whoever has a transcriber: ends when it has finished or failed. */
const parent = setup({
  types: {
    events: {} as TranscriberFact | CloudFact | { type: 'finish' },
    children: {} as { transcriber: 'transcriber' },
  },
  actors: { transcriber: transcriptionMachine },
}).createMachine({
  id: 'parent',
  initial: 'listening',
  states: {
    listening: {
      invoke: { id: 'transcriber', src: 'transcriber', input: { timing: {} as never, hasFallback: false } },
      on: {
        finish: { actions: sendTo('transcriber', { type: 'transcriber.finish' }) },
        'transcriber.finished': 'finished',
        'transcriber.failed': 'failed',
      },
    },
    finished: { type: 'final' },
    failed: { type: 'final' },
  },
});

function fakeSocket(world: World) {
  return world.leaf('socket', {
    opened: told('gladia.opened'),
    ready: told('gladia.ready'),
    'is refused with 503': { event: () => ({ type: 'gladia.refused', status: 503 }), ends: true },
    'closes with 1006': closed(1006),
    'closes with 4403': closed(4403),
    'closes with 1000': closed(1000),
    stalled: { event: () => ({ type: 'gladia.stalled', cause: 'ping_timeout' }), repeats: true },
    unusable: told('gladia.unusable'),
    idle: told('gladia.idle'),
    spent: told('gladia.spent'),
    drained: told('gladia.drained'),
    ended: { event: () => ({ type: 'gladia.ended' }), after: 'gladia.stop_recording', repeats: true },
  });
}

/** Tells about audio when the world says so; the effect that asks for it. */
function fakeAudio(world: World) {
  let await_: ((type: string) => void) | undefined;
  for (const what of ['waiting', 'over']) {
    world.happenings.set(`audio ${what}`, {
      can: () => await_ !== undefined,
      happen: () => await_?.(`gladia.audio_${what}`),
    });
  }
  return ({ self }: { self: { send: (event: never) => void } }): void => {
    await_ = (type) => {
      await_ = undefined;
      self.send({ type } as never);
    };
  };
}

/** The world; `hasFallback` gives it a built-in engine that only listens. */
export function gladiaWorld(
  { hasFallback, timing = gladiaTiming }: { hasFallback: boolean; timing?: GladiaTiming },
  charts: Charts = {},
): World {
  const world = new World();
  const socket = fakeSocket(world);
  const initiate = world.promise('initiate', {
    fails: new Error('no answer'),
    'is refused': new GladiaApiError(refusal),
  });
  const awaitAudio = fakeAudio(world);
  const gladia: AnyStateMachine = charts.gladia ?? gladiaMachine;
  const transcription: AnyStateMachine = charts.transcription ?? transcriptionMachine;
  const cloud = gladia.provide({
    actors: { initiate, socket, result: world.promise('result') },
    actions: { awaitAudio },
    delays: { initiateBackoff: REST_MS, redialBackoff: REST_MS },
    guards: {
      isRedialSpent: ({ context }: { context: unknown }) =>
        (context as { attempts: number }).attempts >= ATTEMPTS_TOLD_APART,
    },
  });
  const local = world.leaf('local', {
    ready: { event: () => ({ type: 'transcriber.ready' }) },
    finished: { event: () => ({ type: 'transcriber.finished' }), after: 'transcriber.finish' },
  });
  const input = {
    hasFallback,
    timing: { gladia: timing, outageTimeoutMs: 500, finishOutageTimeoutMs: 500, leaveTimeoutMs: 2_500 },
  };
  const transcriber = bindMachineInput(transcription.provide({ actors: { cloud, local } }), input);
  const root: AnyStateMachine = parent;
  world.start(root.provide({ actors: { transcriber } }), undefined);
  return world;
}
