/** Deadlines for proofs: multiples of 500 ms, so that timers that run side by side keep few distances from each other. */
import type { AiLeaseInput } from '../../../machines/ai-lease.ts';
import type { InsightsInput } from '../../../machines/insights.ts';
import type { ProcessInput } from '../../../machines/process.ts';
import type { ServerInput } from '../../../machines/server.ts';
import type { SessionInput } from '../../../machines/session-setup.ts';
import type { WebhooksInput } from '../../../machines/webhooks.ts';
import { explore } from './explore.ts';
import { gladiaTiming, gladiaWorld } from './gladia-world.ts';
import type { Patience, Verdict } from './explore.ts';
import {
  aiLeaseWorld,
  engineWorld,
  insightsWorld,
  processWorld,
  serverWorld,
  sessionWorld,
  viewersEnd,
  viewersWorld,
  webhooksWorld,
} from './worlds.ts';
import type { Charts } from './worlds.ts';

/** One restart, then failure: every state of the chart with few repetitions. */
export const processInput: ProcessInput = {
  timing: { startTimeoutMs: 500, endTimeoutMs: 500, terminateTimeoutMs: 5_000, killTimeoutMs: 2_000 },
  restart: { intensity: 1, periodMs: 1_000_000, backoffBaseMs: 500, backoffMaxMs: 500 },
};

const viewersTiming = { closeTimeoutMs: 2_000, terminateTimeoutMs: 500 };

/** A line of two: every state of the chart with few repetitions. */
export const leaseInput: AiLeaseInput = { timing: { leaseMs: 5_000, takeTimeoutMs: 2_000 }, lineMax: 2 };

/** The last words take longer than ffmpeg's ladder. */
export const slowWords: SessionInput = {
  timing: {
    audioSilenceMs: 500,
    publisherGraceMs: 500,
    audioEndTimeoutMs: 2_000,
    finalizeTimeoutMs: 10_000,
    drainFinalizeTimeoutMs: 10_000,
  },
  decoder: processInput,
  viewers: viewersTiming,
  aiLease: leaseInput,
  insights: null,
  drainClose: { code: 1012, reason: 'server_restarting' },
};

/** ffmpeg's ladder takes longer than the last words and the viewers. */
export const slowDecoder: SessionInput = {
  ...slowWords,
  timing: {
    audioSilenceMs: 500,
    publisherGraceMs: 500,
    audioEndTimeoutMs: 500,
    finalizeTimeoutMs: 1_000,
    drainFinalizeTimeoutMs: 1_000,
  },
  viewers: { closeTimeoutMs: 500, terminateTimeoutMs: 500 },
};

/** Three calls, then the budget is spent. */
export const insightsInput: InsightsInput = {
  timing: { intervalMs: 500, callTimeoutMs: 1_000, abortTimeoutMs: 1_000, refusalRestMs: 2_000 },
  callsMax: 3,
  tokensMax: 1_000_000,
};

export const webhooksInput: WebhooksInput = {
  timing: { attemptTimeoutMs: 1_500, stopTimeoutMs: 1_000, backoffBaseMs: 500, backoffMaxMs: 1_000 },
  attemptsMax: 2,
};

const serverInput: ServerInput = { timing: { drainTimeoutMs: 15_000, shutdownTimeoutMs: 8_000 } };

/** A proof and what its longest stop must be: the exact sum of the deadlines that stand in a row. */
export interface NamedProof {
  sumMs: number;
  prove: (charts?: Charts, patience?: Patience) => Promise<Verdict>;
}

export const proofs = {
  process: {
    sumMs: 500 + 5_000 + 2_000,
    prove: (charts, patience) =>
      explore(
        {
          create: () => processWorld(processInput, charts),
          stop: ({ root }) => root.send({ type: 'process.stop' }),
        },
        patience,
      ),
  },
  engine: {
    sumMs: 500 + 5_000 + 2_000,
    prove: (charts, patience) =>
      explore(
        {
          create: () => engineWorld({ process: processInput, restMs: 30_000 }, charts),
          stop: ({ root }) => root.send({ type: 'engine.stop' }),
        },
        patience,
      ),
  },
  viewers: {
    sumMs: 2_000 + 500,
    prove: (charts, patience) =>
      explore(
        {
          create: () => viewersWorld({ timing: viewersTiming }, charts),
          stop: ({ root }) => root.send(viewersEnd),
        },
        patience,
      ),
  },
  aiLease: {
    sumMs: 0,
    prove: (charts, patience) =>
      explore(
        {
          create: () => aiLeaseWorld(leaseInput, charts),
          stop: ({ root }) => root.send({ type: 'ai.close' }),
        },
        patience,
      ),
  },
  insights: {
    sumMs: 1_000,
    prove: (charts, patience) =>
      explore(
        {
          create: () => insightsWorld(insightsInput, charts),
          stop: ({ root }) => root.send({ type: 'insights.stop' }),
        },
        patience,
      ),
  },
  webhooks: {
    sumMs: 1_000,
    prove: (charts, patience) =>
      explore(
        {
          create: () => webhooksWorld(webhooksInput, charts),
          stop: ({ root }) => root.send({ type: 'webhooks.stop' }),
        },
        patience,
      ),
  },
  server: {
    sumMs: 15_000 + 8_000,
    prove: (charts, patience) =>
      explore(
        {
          create: () => serverWorld(serverInput, charts),
          stop: ({ root }) => root.send({ type: 'server.drain' }),
        },
        patience,
      ),
  },
  sessionOfSlowWords: {
    sumMs: 10_000 + 2_000 + 500,
    prove: (charts, patience) => proveSession([slowWords, steady], charts, patience),
  },
  sessionOfSlowDecoder: {
    sumMs: 500 + 5_000 + 2_000,
    prove: (charts, patience) => proveSession([slowDecoder, steady], charts, patience),
  },
  sessionOfPauses: {
    sumMs: 10_000 + 2_000 + 500,
    prove: (charts, patience) => proveSession([slowWords, untroubled], charts, patience),
  },
  gladia: {
    sumMs: gladiaTiming.finishTimeoutMs + gladiaTiming.closeTimeoutMs + gladiaTiming.terminateTimeoutMs,
    prove: (charts, patience) =>
      explore(
        {
          create: () => gladiaWorld({ hasFallback: false }, charts),
          stop: ({ root }) => root.send({ type: 'finish' }),
        },
        patience,
      ),
  },
} satisfies Record<string, NamedProof>;

/** The audio never pauses. */
const steady = ['audio paused', 'audio flowing'];
/** Pauses beside nothing else: they touch no other region, and the product with all of them is too large to search. */
const untroubled = ['child stalled', 'child refused', 'audio.format_changed', 'transcriber lost', 'transcriber failed'];

function proveSession(
  [input, without]: [SessionInput, string[]],
  charts: Charts = {},
  patience?: Patience,
): Promise<Verdict> {
  return explore(
    {
      without,
      create: () => sessionWorld(input, charts),
      stop: ({ root }) => root.send({ type: 'session.stop', reason: 'stopped' }),
    },
    patience,
  );
}
