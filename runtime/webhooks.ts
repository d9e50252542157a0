/** The webhooks of a server as its options have them: the receiver, the journal, and what an earlier process has left. */
import { join } from 'node:path';
import { Turns } from '../actors/turns.ts';
import type { Log } from '../actors/ports.ts';
import type { WebhooksTiming } from '../machines/webhooks.ts';
import type { Config } from './config.ts';
import type { OpenSessionLog } from './session-log.ts';
import type { MetricStore } from './telemetry/metric-store.ts';
import { Deliveries } from './webhooks/deliveries.ts';
import { DeliveryJournal } from './webhooks/journal.ts';

/** Deliveries at a time, over all runs. */
const CONCURRENCY = 8;
/** From the end of the program until requests that are out are cut. */
const STOP_TIMEOUT_MS = 1_000;
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 600_000;

export interface WebhooksOptions {
  config: Pick<
    Config,
    'webhookUrl' | 'webhookSecret' | 'webhookEvents' | 'webhookTimeoutMs' | 'webhookAttemptsMax' | 'dataDir'
  >;
  sessionLog: OpenSessionLog;
  store: MetricStore;
  log: Log;
}

/** Undefined without a receiver. Runs that an earlier process has not delivered are delivered from now on. */
export async function openWebhooks({
  config,
  sessionLog,
  store,
  log,
}: WebhooksOptions): Promise<Deliveries | undefined> {
  const { webhookUrl: url, webhookSecret: secret, webhookAttemptsMax: attemptsMax } = config;
  if (url === undefined || secret === undefined) return undefined;
  const runs = await sessionLog.log.runs();
  const journal = await DeliveryJournal.open({
    path: join(config.dataDir, 'webhooks.jsonl'),
    newestEpoch: Math.max(0, ...runs.map(({ epoch }) => epoch)),
    onFault: (error) => log.error('how far webhooks are delivered could not be noted', { error }),
  });
  const deliveries = new Deliveries({
    ...{ url, secret, journal, log },
    wanted: new Set(config.webhookEvents),
    input: { timing: timing(config.webhookTimeoutMs), attemptsMax },
    turns: new Turns({ concurrency: CONCURRENCY }),
    isKept: ({ slug, epoch }) => sessionLog.archive.find(slug, epoch) !== undefined,
    onAccepted: ({ name: event }) => store.add('webhook_deliveries_total', { event }),
    onFailed: (cause) => store.add('webhook_failures_total', { cause }),
    onDropped: (count) => store.add('webhook_drops_total', {}, count),
    nowMs: () => performance.now(),
    random: Math.random,
  });
  store.observe((observe) => observe('webhook_waiting_ms', {}, deliveries.waitingMs));
  for (const { slug, epoch } of runs) {
    const past = journal.positionOf(epoch) === undefined ? undefined : sessionLog.archive.find(slug, epoch);
    if (past !== undefined) deliveries.begin({ run: past, records: sessionLog.archive.records(past) });
  }
  return deliveries;
}

function timing(attemptTimeoutMs: number): WebhooksTiming {
  const backoff = { backoffBaseMs: BACKOFF_BASE_MS, backoffMaxMs: BACKOFF_MAX_MS };
  return { attemptTimeoutMs, stopTimeoutMs: STOP_TIMEOUT_MS, ...backoff };
}
