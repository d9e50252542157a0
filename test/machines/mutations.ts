/** The stop proof sees what is broken: each of these charts has one thing changed, and none passes. */
import t from 'tap';
import type { AnyStateMachine } from 'xstate';
import { aiLeaseMachine } from '../../machines/ai-lease.ts';
import { engineMachine } from '../../machines/engine.ts';
import { insightsMachine } from '../../machines/insights.ts';
import { processMachine } from '../../machines/process.ts';
import { gladiaMachine } from '../../machines/gladia.ts';
import { serverMachine } from '../../machines/server.ts';
import { decoderMachine } from '../../machines/session-setup.ts';
import { sessionMachine } from '../../machines/session.ts';
import { transcriptionMachine } from '../../machines/transcription.ts';
import { viewersMachine } from '../../machines/viewers.ts';
import { webhooksMachine } from '../../machines/webhooks.ts';
import { proofs } from '../support/proof/deadlines.ts';
import { mutant, stateAt } from '../support/proof/mutant.ts';
import type { StateConfig } from '../support/proof/mutant.ts';
import type { Charts } from '../support/proof/worlds.ts';

t.setTimeout(240_000);

type Break = (root: StateConfig) => void;

const without =
  (path: string, key: 'after' | 'entry' | 'always'): Break =>
  (root) =>
    void delete stateAt(root, path)[key];

const deafTo =
  (path: string, event: string): Break =>
  (root) => {
    const { on } = stateAt(root, path);
    if (!(event in on)) throw new Error(`${path} does not listen to ${event}`);
    delete on[event];
  };

const waiting =
  (path: string, delay: string): Break =>
  (root) => {
    const state = stateAt(root, path);
    state.after = { [delay]: Object.values(state.after as Record<string, unknown>)[0] };
  };

/** Leaves out the effect at `index` of the entry. */
const skipping =
  (path: string, index: number): Break =>
  (root) => {
    const state = stateAt(root, path);
    const list = Array.isArray(state.entry) ? (state.entry as unknown[]) : [state.entry];
    if (index >= list.length) throw new Error(`${path} has no effect ${index}`);
    state.entry = list.toSpliced(index, 1);
  };

async function passes(proof: keyof typeof proofs, charts: Charts): Promise<boolean> {
  const { prove, sumMs } = proofs[proof];
  const { faults, worst } = await prove(charts, { faultsMax: 1, stopMaxMs: sumMs });
  return faults.length === 0 && worst.elapsedMs === sumMs;
}

interface Group {
  proof: keyof typeof proofs;
  chart: keyof Charts;
  machine: AnyStateMachine;
  mutations: Record<string, Break>;
}

const groups: Group[] = [
  {
    proof: 'sessionOfSlowDecoder',
    chart: 'session',
    machine: sessionMachine,
    mutations: { 'no deadline for the last PCM': without('active.phase.finalizing.endingAudio', 'after') },
  },
  {
    proof: 'sessionOfPauses',
    chart: 'session',
    machine: sessionMachine,
    mutations: { 'a publisher that sends no audio is not let go': deafTo('active.publisher.live', 'audio.end') },
  },
  {
    proof: 'process',
    chart: 'process',
    machine: processMachine,
    mutations: {
      'no deadline for the end of input': without('up.ending', 'after'),
      'no deadline for SIGTERM': without('up.terminating', 'after'),
      'no deadline for SIGKILL': without('up.killing', 'after'),
      'the wrong deadline for SIGTERM': waiting('up.terminating', 'killTimeout'),
      'SIGKILL is never sent': skipping('up.killing', 0),
      'a stop while it starts is missed': deafTo('up.starting', 'process.stop'),
      'a stop while it runs is missed': deafTo('up.running', 'process.stop'),
      'a stop while it is renewed is missed': deafTo('up.renewing', 'process.stop'),
      'a stop while it rests is missed': deafTo('backoff', 'process.stop'),
      'an eviction does not kill': skipping('up.evicting', 0),
    },
  },
  {
    proof: 'engine',
    chart: 'engine',
    machine: engineMachine,
    mutations: {
      'the process is not told to stop': skipping('up.stopping', 0),
      'a stop while it is up is missed': deafTo('up', 'engine.stop'),
      'a stop while it rests is missed': deafTo('resting', 'engine.stop'),
    },
  },
  {
    proof: 'viewers',
    chart: 'viewers',
    machine: viewersMachine,
    mutations: {
      'no deadline for the close handshake': without('closing', 'after'),
      'no deadline for cutting': without('terminating', 'after'),
      'viewers that stay are not cut': skipping('terminating', 0),
    },
  },
  {
    proof: 'aiLease',
    chart: 'aiLease',
    machine: aiLeaseMachine,
    mutations: { 'a close is missed': (root) => void delete root.on['ai.close'] },
  },
  {
    proof: 'insights',
    chart: 'insights',
    machine: insightsMachine,
    mutations: {
      'no deadline for giving up': without('calling.leaving', 'after'),
      'a call is not given up': skipping('calling.leaving', 0),
      'a stop while it waits for its turn is missed': deafTo('calling.queued', 'insights.stop'),
      'a stop during a call is missed': deafTo('calling.requesting', 'insights.stop'),
      'a stop while a call is given up is missed': deafTo('calling.aborting', 'insights.stop'),
      'a stop while it rests is missed': deafTo('backingOff', 'insights.stop'),
      'a stop while it listens is missed': deafTo('listening', 'insights.stop'),
      'a stop with a spent budget is missed': deafTo('spent', 'insights.stop'),
    },
  },
  {
    proof: 'webhooks',
    chart: 'webhooks',
    machine: webhooksMachine,
    mutations: {
      'no deadline for the request that is out': without('sending.leaving', 'after'),
      'a stop while it waits is missed': deafTo('waiting', 'webhooks.stop'),
      'a stop before its turn is missed': deafTo('sending.queued', 'webhooks.stop'),
      'a stop during a request is missed': deafTo('sending.posting', 'webhooks.stop'),
      'a stop while it rests is missed': deafTo('resting', 'webhooks.stop'),
    },
  },
  {
    proof: 'server',
    chart: 'server',
    machine: serverMachine,
    mutations: {
      'no deadline for draining': without('draining', 'after'),
      'no deadline for the shutdown': without('stopping', 'after'),
      'a drain while it boots is missed': deafTo('booting', 'server.drain'),
    },
  },
  {
    proof: 'sessionOfSlowWords',
    chart: 'session',
    machine: sessionMachine,
    mutations: {
      'no deadline for the last words': without('active.phase.finalizing', 'after'),
      'the audio is not ended': skipping('active.phase.finalizing.endingAudio', 0),
      'a silent transcriber is not dropped': skipping('active.phase.closing', 3),
      'the AI lease is not closed': deafTo('active.ai.serving', 'audience.dismiss'),
      'the viewers are not dismissed': skipping('active.phase.closing', 4),
      'a stop is missed': deafTo('active.phase.running', 'session.stop'),
      'ffmpeg is not told to stop': skipping('active.decoder.up.ending', 0),
      'a lost publisher is not let go': deafTo('active.publisher.lost', 'audio.end'),
      'a failed decoder keeps its region': without('active.decoder.failed', 'always'),
      'a failed transcriber keeps its region': without('active.transcriber.failed', 'always'),
    },
  },
  {
    proof: 'gladia',
    chart: 'gladia',
    machine: gladiaMachine,
    mutations: {
      'no deadline for all of the end': without('active.wish.finishing', 'after'),
      'no deadline for the close': without('active.link.attached.quitting', 'after'),
      'no deadline for the end of the socket': without('active.link.attached.discarding', 'after'),
      'a socket that stays is not cut': skipping('active.link.attached.discarding', 0),
      'a session that is over is not left': without('active.link.unheard', 'always'),
      'giving up while it rests is missed': deafTo('active.link.redialing', 'gladia.give_up'),
      'giving up while it streams is missed': deafTo('active.link.attached', 'gladia.give_up'),
      'the end of the wish is missed': without('active.wish.givenUp', 'always'),
    },
  },
  {
    proof: 'gladia',
    chart: 'transcription',
    machine: transcriptionMachine,
    mutations: {
      'Gladia is not asked for its last words': skipping('engine.ending', 0),
      'a finish is missed': deafTo('engine.gladia', 'transcriber.finish'),
    },
  },
  {
    proof: 'sessionOfSlowDecoder',
    chart: 'process',
    machine: decoderMachine,
    mutations: { 'the wrong deadline for the end of its input': waiting('up.ending', 'terminateTimeout') },
  },
];

for (const { proof, chart, machine, mutations } of groups) {
  void t.test(`${proof}: the proof sees`, async (t) => {
    for (const [what, break_] of Object.entries(mutations)) {
      const broken = mutant(machine, break_);
      t.notOk(await passes(proof, { [chart]: broken }), what);
    }
    if (proof === 'process') t.ok(await passes(proof, { [chart]: mutant(machine, () => {}) }), 'a copy passes');
  });
}
