/** The charts of `machines/` as worlds, with the deadlines that a proof wants. */
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { aiLeaseMachine } from '../../../machines/ai-lease.ts';
import type { AiLeaseInput } from '../../../machines/ai-lease.ts';
import { engineMachine, engineProcessMachine } from '../../../machines/engine.ts';
import type { EngineInput } from '../../../machines/engine.ts';
import { insightsMachine } from '../../../machines/insights.ts';
import type { InsightsInput } from '../../../machines/insights.ts';
import { processMachine } from '../../../machines/process.ts';
import type { ProcessInput } from '../../../machines/process.ts';
import { serverMachine } from '../../../machines/server.ts';
import type { ServerInput } from '../../../machines/server.ts';
import { decoderMachine } from '../../../machines/session-setup.ts';
import type { SessionInput } from '../../../machines/session-setup.ts';
import { sessionMachine } from '../../../machines/session.ts';
import { viewersMachine } from '../../../machines/viewers.ts';
import type { ViewersInput } from '../../../machines/viewers.ts';
import { webhooksMachine } from '../../../machines/webhooks.ts';
import type { WebhooksInput } from '../../../machines/webhooks.ts';
import { World } from './world.ts';

/** The order to let every viewer go. */
export const viewersEnd = { type: 'viewers.end', code: 1000, reason: 'session_end' } as const;

const clean = { code: 0, signal: null };

function child(world: World) {
  return world.leaf('child', {
    ready: { event: () => ({ type: 'process.ready' }) },
    stalled: { event: () => ({ type: 'process.stalled' }) },
    exited: { event: (atMs: number) => ({ type: 'process.exited', ...clean, atMs }), ends: true },
    refused: { event: () => ({ type: 'process.refused', reason: 'missing' }), ends: true },
  });
}

function hub(world: World) {
  return world.leaf('hub', { emptied: { event: () => ({ type: 'hub.emptied' }), ends: true, after: 'hub.close' } });
}

const cost = { promptTokens: 100, completionTokens: 20, elapsedMs: 1 };
const callFailed = (cause: string) => ({ type: 'call.failed', cause, retryAfterMs: null, cost });

/** The insights chart with actors that only listen; `stored` and the failures are the end of a call. */
function insightsActors(world: World) {
  return {
    lease: world.leaf('lease', {}),
    finals: world.leaf('finals', { due: { event: () => ({ type: 'insight.due' }) } }),
    call: world.leaf('call', {
      started: { event: () => ({ type: 'call.started' }) },
      ended: { event: () => ({ type: 'call.stored', cost }), ends: true },
      'is refused': { event: () => callFailed('unauthorised'), ends: true },
      fails: { event: () => callFailed('server_error'), ends: true },
      'is nonsense': { event: () => callFailed('invalid'), ends: true },
    }),
  };
}

/** Charts to put in place of the real ones. */
export interface Charts {
  session?: AnyStateMachine;
  process?: AnyStateMachine;
  viewers?: AnyStateMachine;
  aiLease?: AnyStateMachine;
  engine?: AnyStateMachine;
  server?: AnyStateMachine;
  insights?: AnyStateMachine;
  webhooks?: AnyStateMachine;
  transcriber?: AnyActorLogic;
  gladia?: AnyStateMachine;
  transcription?: AnyStateMachine;
}

export function processWorld(input: ProcessInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.process ?? processMachine;
  world.happenings.set('renew', {
    can: () => true,
    happen: () => world.root.send({ type: 'process.renew' }),
  });
  world.start(machine.provide({ actors: { child: child(world) } }), input);
  return world;
}

/** A world of the engine chart over the real process chart. */
export function engineWorld(input: EngineInput, charts: Charts = {}): World {
  const world = new World();
  const process: AnyStateMachine = charts.process ?? engineProcessMachine;
  const engine: AnyStateMachine = charts.engine ?? engineMachine;
  world.start(engine.provide({ actors: { process: process.provide({ actors: { child: child(world) } }) } }), input);
  return world;
}

export function viewersWorld(input: ViewersInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.viewers ?? viewersMachine;
  world.happenings.set('viewers.end', { can: () => true, happen: () => world.root.send(viewersEnd) });
  world.start(machine.provide({ actors: { hub: hub(world) } }), input);
  return world;
}

/** Three who want the lease, and a session log that may say anything; fences grow. */
export function aiLeaseWorld(input: AiLeaseInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.aiLease ?? aiLeaseMachine;
  let fence = 0;
  const happens = (name: string, event: () => { type: string }): void => {
    world.happenings.set(name, { can: () => true, happen: () => world.root.send(event()) });
  };
  for (const holder of ['a', 'b', 'c']) {
    happens(`${holder} asks`, () => ({ type: 'ai.asked', holder }));
    happens(`${holder} renews`, () => ({ type: 'ai.renewed', holder, fence }));
    happens(`${holder} renews late`, () => ({ type: 'ai.renewed', holder, fence: fence - 1 }));
    happens(`${holder} releases`, () => ({ type: 'ai.released', holder, fence }));
    happens(`${holder} leaves`, () => ({ type: 'ai.left', holder }));
  }
  happens('log gives', () => ({ type: 'lease.taken', fence: (fence += 1) }));
  for (const what of ['denied', 'failed', 'lost']) happens(`log ${what}`, () => ({ type: `lease.${what}` }));
  world.start(machine.provide({ actors: { desk: world.leaf('desk', {}) } }), input);
  return world;
}

/** A world of the session chart over the real process and viewers charts. */
export function sessionWorld(input: SessionInput, charts: Charts = {}): World {
  const world = new World();
  const transcriber = world.leaf('transcriber', {
    ready: { event: () => ({ type: 'transcriber.ready' }), repeats: true },
    lost: { event: () => ({ type: 'transcriber.lost', cause: 'away' }), repeats: true },
    finished: { event: () => ({ type: 'transcriber.finished' }), after: 'transcriber.finish' },
    failed: { event: () => ({ type: 'transcriber.failed', code: 'transcriber_failed', reason: 'broken' }) },
  });
  const audio = world.leaf('audio', {
    flowing: { event: () => ({ type: 'audio.flowing' }), repeats: true },
    paused: { event: () => ({ type: 'audio.paused' }), repeats: true },
  });
  const process: AnyStateMachine = charts.process ?? decoderMachine;
  const audience: AnyStateMachine = charts.viewers ?? viewersMachine;
  const session: AnyStateMachine = charts.session ?? sessionMachine;
  const decoder = process.provide({ actors: { child: child(world) } });
  const viewers = audience.provide({ actors: { hub: hub(world) } });
  const lease: AnyStateMachine = charts.aiLease ?? aiLeaseMachine;
  const aiLease = lease.provide({ actors: { desk: world.leaf('desk', {}) } });
  const insights = insightsMachine.provide({ actors: insightsActors(world) });
  for (const type of ['publisher.attached', 'publisher.lost', 'publisher.ended', 'audio.format_changed']) {
    world.happenings.set(type, { can: () => true, happen: () => world.root.send({ type }) });
  }
  world.start(
    session.provide({
      actors: { audio, decoder, transcriber: charts.transcriber ?? transcriber, viewers, aiLease, insights },
    }),
    input,
  );
  return world;
}

export function insightsWorld(input: InsightsInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.insights ?? insightsMachine;
  world.start(machine.provide({ actors: insightsActors(world) }), input);
  return world;
}

export function webhooksWorld(input: WebhooksInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.webhooks ?? webhooksMachine;
  const failed = { type: 'attempt.failed', cause: 'answered_5xx', retryAfterMs: null };
  const actors = {
    outbox: world.leaf('outbox', {
      waiting: { event: () => ({ type: 'outbox.waiting' }) },
      emptied: { event: () => ({ type: 'outbox.emptied' }) },
    }),
    attempt: world.leaf('attempt', {
      started: { event: () => ({ type: 'attempt.started' }) },
      accepted: { event: () => ({ type: 'attempt.accepted' }), ends: true },
      fails: { event: () => failed, ends: true },
    }),
  };
  world.start(machine.provide({ actors }), input);
  return world;
}

export function serverWorld(input: ServerInput, charts: Charts = {}): World {
  const world = new World();
  const machine: AnyStateMachine = charts.server ?? serverMachine;
  world.happenings.set('sessions.closed', {
    can: () => world.root.getSnapshot().matches('draining'),
    happen: () => world.root.send({ type: 'sessions.closed' }),
  });
  for (const type of ['server.drain', 'server.force']) {
    world.happenings.set(type, { can: () => true, happen: () => world.root.send({ type }) });
  }
  const actors = { boot: world.promise('boot'), shutdown: world.promise('shutdown') };
  world.start(machine.provide({ actors }), input);
  return world;
}
