/**
 * The server's own parts from the transcript sink to the viewers' sockets, session log included; only the audio and the
 * engine are missing: what an engine would say comes from the test or the benchmark.
 */
import { fromCallback } from 'xstate';
import { readConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config.ts';
import { sessionControl, sessionDirectory } from '../../runtime/directory.ts';
import { createHttpServer } from '../../runtime/http.ts';
import { openInsights } from '../../runtime/insights.ts';
import type { InsightsSetup } from '../../runtime/insights.ts';
import type { LiveSessionOptions } from '../../runtime/live-session-options.ts';
import { LiveSession } from '../../runtime/live-session.ts';
import { createLog } from '../../runtime/log.ts';
import type { RootLog } from '../../runtime/log.ts';
import { Registry } from '../../runtime/registry.ts';
import { ServingClock } from '../../runtime/serving-clock.ts';
import { openSessionLog } from '../../runtime/session-log.ts';
import type { OpenSessionLog } from '../../runtime/session-log.ts';
import { MetricStore } from '../../runtime/telemetry/metric-store.ts';
import { openWebhooks } from '../../runtime/webhooks.ts';
import type { Deliveries } from '../../runtime/webhooks/deliveries.ts';
import { delivered, retire } from '../../runtime/webhooks/of-sessions.ts';

export interface DeliveryServer extends AsyncDisposable {
  registry: Registry;
  store: MetricStore;
  /** Only with WEBHOOK_URL. */
  webhooks: Deliveries | undefined;
  /** Starts the session of this name. */
  start(slug: string): Promise<LiveSession>;
  port: number;
  /** `HOST:PORT`. */
  host: string;
  /** Log lines that are warnings or worse. */
  lines: string[];
}

/** Connected, and silent. */
const quietEngine = fromCallback(({ sendBack, receive }) => {
  sendBack({ type: 'transcriber.ready' });
  receive(() => sendBack({ type: 'transcriber.finished' }));
});
const clock = new ServingClock({ onHeldUp: () => {} });

/** What a server may have instead of nothing. */
export interface DeliveryParts {
  /** Instead of an engine that is silent. */
  transcriber?: LiveSessionOptions['transcriber'];
  telemetry?: LiveSessionOptions['telemetry'];
}

/** @param options Of the option table; `DATA_DIR` must be among them. */
export async function startDeliveryServer(
  options: Record<string, string>,
  { transcriber = () => quietEngine, telemetry }: DeliveryParts = {},
): Promise<DeliveryServer> {
  const read = readConfig({ HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', ...options });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const { config } = read;
  const lines: string[] = [];
  const log = createLog({ level: 'warn', pretty: false, write: (line) => void lines.push(line) });
  const sessionLog = await openSessionLog(config, log);
  const store = new MetricStore();
  const webhooks = await openWebhooks({ config, sessionLog, store, log });
  const insights = await openInsights(config);
  const registry = newRegistry({ sessionLog, webhooks, insights, config, log, transcriber, telemetry });
  const http = await createHttpServer({
    host: config.httpHost,
    port: config.httpPort,
    directory: sessionDirectory(registry, sessionLog.archive, clock.nowMs),
    control: sessionControl(registry, { refuses: () => undefined, isDraining: () => false }),
    readiness: () => ({ ready: true }),
    publishAddress: () => undefined,
    limits: config,
    log,
  });
  const { host, port } = http.address;
  return {
    registry,
    store,
    webhooks,
    lines,
    port,
    host: `${host}:${port}`,
    start: (slug) => registry.start(slug),
    async [Symbol.asyncDispose]() {
      await registry.stopAll('stopped');
      await Promise.all([http.close(), webhooks?.stop()]);
      await sessionLog.close();
    },
  };
}

interface Parts extends Pick<LiveSessionOptions, 'transcriber' | 'telemetry'> {
  sessionLog: OpenSessionLog;
  webhooks: Deliveries | undefined;
  insights: InsightsSetup | undefined;
  config: Config;
  log: RootLog;
}

function newRegistry({ sessionLog, webhooks, insights, config, log, transcriber, telemetry }: Parts): Registry {
  return new Registry({
    claim: (slug) => sessionLog.claim({ slug, transcriber: 'test', startedAt: new Date().toISOString() }),
    start: (writer) => {
      const session = LiveSession.start({
        writer,
        sessionLog: sessionLog.log,
        config,
        ffmpegPath: 'ffmpeg',
        transcriber,
        insights,
        telemetry,
        log: log.child({ session: writer.run.slug }),
        clock,
        today: () => new Date(),
      });
      return delivered(session, webhooks);
    },
    onClosed: (session) => retire(session, sessionLog.archive, webhooks),
  });
}
