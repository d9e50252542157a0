/** The server's own language-model caller (`AI_MODE=server`): what all sessions share, and the chart that a session gets. */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { bindInput } from '../actors/bind-input.ts';
import { Endpoint } from '../actors/insights/endpoint.ts';
import { finalsDue } from '../actors/insights/finals-due.ts';
import { leaseHolder } from '../actors/insights/lease-holder.ts';
import { modelCall } from '../actors/insights/model-call.ts';
import type { FollowedRecords, InsightDesk } from '../actors/insights/port.ts';
import { defaultPrompt } from '../actors/insights/prompt.ts';
import { Turns } from '../actors/turns.ts';
import { ServerLease } from '../actors/insights/server-lease.ts';
import { Uncovered } from '../actors/insights/uncovered.ts';
import type { Log } from '../actors/ports.ts';
import type { SessionChannel } from '../actors/viewers/channel.ts';
import type { ResourceList } from '../actors/resources.ts';
import { CaptiondError } from '../machines/errors.ts';
import { insightsMachine } from '../machines/insights.ts';
import type { InsightsInput } from '../machines/insights.ts';
import { callBackoffMs } from '../machines/insights-policy.ts';
import type { Config } from './config.ts';
import { fillSlots } from './fill-slots.ts';

/** Most that chance adds to a rest, as a share of it, so that sessions do not call together. */
const JITTER = 0.25;
/** From giving a call up until it is dropped; closing its connection takes no time. */
const ABORT_TIMEOUT_MS = 1_000;
/** How long an endpoint that refuses the key or the model is left alone. */
const REFUSAL_REST_MS = 60_000;
/** Longest prompt of an operator. */
const PROMPT_MAX_BYTES = 32_768;

/** What all sessions share. */
export interface ModelAccount {
  endpoint: Pick<Endpoint, 'ask'>;
  turns: Turns;
  prompt: string;
  /** AI_FINALS_MIN. */
  finalsMin: number;
}

/** What one session adds. */
export interface InsightsPlane {
  records: FollowedRecords;
  desk: InsightDesk & Pick<ServerLease, 'start' | 'stop'>;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** From 0 to 1. */
  random: () => number;
}

/** The insights chart of one session with its real actors. */
export function insightsMachineOf(options: ModelAccount & InsightsPlane): typeof insightsMachine {
  const { records, desk, log, finalsMin, random } = options;
  const uncovered = new Uncovered(records);
  return fillSlots(insightsMachine, {
    actors: {
      lease: bindInput(leaseHolder, { lease: desk }),
      finals: bindInput(finalsDue, { records, uncovered, desk, finalsMin }),
      call: bindInput(modelCall, { ...options, uncovered }),
    },
    actions: {
      dropInsight: (_, { cause }) => {
        log.warn('an insight is given up', { cause });
        // What the model makes nonsense of today it makes nonsense of tomorrow.
        if (cause === 'invalid' || cause === 'too_large') uncovered.cover(records.lastOffset);
      },
      announceSpent: ({ context: { calls, tokens } }) =>
        log.warn('the budget of the session is spent: no more insights are made', { calls, tokens }),
    },
    delays: {
      callBackoff: ({ context }) => callBackoffMs(context.attempts, context.retryAfterMs) * (1 + JITTER * random()),
    },
  });
}

/** The insights chart of a session of this server. */
export function sessionInsights(
  { account }: InsightsSetup,
  plane: Pick<InsightsPlane, 'resources' | 'log' | 'nowMs'> & {
    channel: Pick<SessionChannel, 'records' | 'desk'>;
    leaseMs: number;
  },
): typeof insightsMachine {
  const { channel, leaseMs, ...rest } = plane;
  const desk = new ServerLease({ desk: channel.desk, leaseMs });
  return insightsMachineOf({ ...account, ...rest, records: channel.records, desk, random: Math.random });
}

/** What every session of this server is given. */
export interface InsightsSetup {
  account: ModelAccount;
  input: InsightsInput;
}

/**
 * The caller that the options ask for; undefined without one.
 *
 * @throws CaptiondError `bad_options` when the prompt cannot be used
 */
export async function openInsights(config: Config): Promise<InsightsSetup | undefined> {
  const { aiMode, openaiBaseUrl: baseUrl, openaiApiKey: key, aiModel: model } = config;
  if (aiMode !== 'server' || baseUrl === undefined || key === undefined || model === undefined) return undefined;
  const prompt = config.aiPromptFile === undefined ? defaultPrompt : await readPrompt(config.aiPromptFile);
  return {
    account: {
      endpoint: new Endpoint({ baseUrl, key, model, format: config.aiAnswerFormat }),
      turns: new Turns({ concurrency: config.aiConcurrency, perPeriod: config.aiCallsPerMinute }),
      prompt,
      finalsMin: config.aiFinalsMin,
    },
    input: {
      timing: {
        intervalMs: config.aiIntervalMs,
        callTimeoutMs: config.aiCallTimeoutMs,
        abortTimeoutMs: ABORT_TIMEOUT_MS,
        refusalRestMs: REFUSAL_REST_MS,
      },
      callsMax: config.aiSessionCallsMax,
      tokensMax: config.aiSessionTokensMax,
    },
  };
}

async function readPrompt(path: string): Promise<string> {
  const refuse = (why: string): never => {
    throw new CaptiondError('bad_options', `AI_PROMPT_FILE: ${why}.`);
  };
  const text = await readFile(path).catch((error: unknown) =>
    refuse(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`),
  );
  if (text.length > PROMPT_MAX_BYTES)
    refuse(`the file has ${text.length} bytes, and at most ${PROMPT_MAX_BYTES} are taken`);
  if (!isUtf8(text)) refuse('the file is not UTF-8 text');
  const prompt = text.toString().trim();
  return prompt === '' ? refuse('the file is empty') : prompt;
}
