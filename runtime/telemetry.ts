/**
 * OpenTelemetry: metrics for whoever scrapes them, and export over OTLP where the standard variables say to whom
 * (opentelemetry.io/docs/specs/otel/protocol/exporter). Nothing leaves the machine otherwise.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { IMetricReader, MetricProducer, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { limitNames } from '../actors/limit-names.ts';
import type { OnLimit } from '../actors/limit-names.ts';
import { denialCodes, scopes } from './access/port.ts';
import type { OnRefusal } from './access/port.ts';
import type { Environment } from './config.ts';
import { watchEventLoop } from './telemetry/event-loop-lag.ts';
import { MetricStore } from './telemetry/metric-store.ts';
import type { Observe } from './telemetry/metric-store.ts';
import { SessionLabels } from './telemetry/session-labels.ts';
import { SessionMeter } from './telemetry/session-meter.ts';
import type { SessionSample } from './telemetry/session-meter.ts';
import { SessionSpans } from './telemetry/session-spans.ts';
import type { SessionName } from './telemetry/session-spans.ts';
import { SessionTelemetry } from './telemetry/session-telemetry.ts';

/** How long the last export may take when the server stops. */
const SHUTDOWN_TIMEOUT_MS = 1_000;
/** Between two exports, unless `OTEL_METRIC_EXPORT_INTERVAL` says otherwise; the specification's default. */
const EXPORT_INTERVAL_MS = 60_000;
/** Answers are given on the admin listener. */
const exporterOptions = { preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true };

export interface Telemetry {
  store: MetricStore;
  /** Counts what a limit has turned away. */
  onLimit: OnLimit;
  /** Counts whom a token, the want of one or the deciding service has kept out. */
  onRefusal: OnRefusal;
  /** A session has begun. */
  begin(session: SessionName, sample: () => SessionSample): SessionTelemetry;
  /** It has ended: its counters are brought up to date, and its series go after a while. */
  end(session: SessionTelemetry, reason: string): void;
  /** Answers with all metrics as Prometheus text. */
  scrape(request: IncomingMessage, response: ServerResponse): void;
  /** Exports what is left, for a bounded time. Never rejects. */
  stop(): Promise<void>;
}

/** What is looked at when metrics are collected. */
export interface ServerSample {
  /** State of every session that has not ended. */
  sessionStates: () => Iterable<string>;
  /** Does the server take sessions? */
  isReady: () => boolean;
}

export async function startTelemetry(env: Environment, server: ServerSample): Promise<Telemetry> {
  const store = new MetricStore();
  const labels = new SessionLabels((name) => store.forget('session', name));
  const meters = new Set<SessionMeter>();
  const loop = watchEventLoop();
  store.observe((observe) => {
    for (const meter of meters) meter.sample(observe);
    sampleServer(observe, server);
    observe('event_loop_lag_ms', {}, loop.ms);
  });
  const prometheus = new PrometheusExporter({ ...exporterOptions, metricProducers: [store] });
  const sdk = startSdk(env, [prometheus, ...(await otlpReaders(env, store))]);
  return {
    store,
    onLimit: limitCounter(store),
    onRefusal: refusalCounter(store),
    begin: (session, sample) => {
      const meter = new SessionMeter(store, labels.begin(session.slug), sample);
      meters.add(meter);
      return new SessionTelemetry(meter, new SessionSpans(session));
    },
    end: ({ meter, spans }, reason) => {
      spans.end(reason);
      if (!meters.delete(meter)) return;
      meter.sample();
      labels.end(meter.label);
    },
    scrape: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    stop: () => {
      loop.stop();
      labels.close();
      return shutDown(sdk);
    },
  };
}

/** All of them are there from the start, at 0, so that alerts see the first step. */
function limitCounter(store: MetricStore): OnLimit {
  for (const limit of limitNames) store.add('limit_refusals_total', { limit }, 0);
  return (limit) => store.add('limit_refusals_total', { limit });
}

/** All of them from the start, as above. */
function refusalCounter(store: MetricStore): OnRefusal {
  for (const scope of scopes) for (const code of denialCodes) store.add('access_refusals_total', { scope, code }, 0);
  return (scope, code) => store.add('access_refusals_total', { scope, code });
}

function sampleServer(observe: Observe, { sessionStates, isReady }: ServerSample): void {
  for (const state of ['awaiting', 'live', 'publisher_lost', 'transcriber_lost']) observe('sessions', { state }, 0);
  for (const state of sessionStates()) observe('sessions', { state }, 1);
  observe('server_ready', {}, isReady() ? 1 : 0);
}

/** Exports what is left, for a bounded time. */
async function shutDown(sdk: NodeSDK): Promise<void> {
  let deadline: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (deadline = setTimeout(resolve, SHUTDOWN_TIMEOUT_MS)));
  await Promise.race([sdk.shutdown().catch(() => {}), limit]);
  clearTimeout(deadline);
}

function startSdk(env: Environment, metricReaders: IMetricReader[]): NodeSDK {
  const resource = resourceFromAttributes({ 'service.name': env['OTEL_SERVICE_NAME'] ?? 'captiond' });
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  // Without an endpoint the SDK would look for a collector on this machine; with one it reads the variables itself.
  const spans = endpoint === '' ? { spanProcessors: [] } : {};
  const sdk = new NodeSDK({ resource, metricReaders, ...spans, logRecordProcessors: [], instrumentations: [] });
  sdk.start();
  return sdk;
}

/** One that exports over OTLP, when an endpoint is set. */
async function otlpReaders(env: Environment, store: MetricProducer): Promise<IMetricReader[]> {
  const endpoint = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  const isOff = env['OTEL_METRICS_EXPORTER'] === 'none' || env['OTEL_SDK_DISABLED'] === 'true';
  if (endpoint === '' || isOff) return [];
  const given = Number(env['OTEL_METRIC_EXPORT_INTERVAL']);
  const exportIntervalMillis = given > 0 ? given : EXPORT_INTERVAL_MS;
  const exportTimeoutMillis = Math.min(exportIntervalMillis, 30_000);
  const exporter = await otlpExporter(env);
  return [
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis,
      exportTimeoutMillis,
      metricProducers: [store],
    }),
  ];
}

/** The exporter reads endpoint, headers, timeout and compression from the environment itself. */
async function otlpExporter(env: Environment): Promise<PushMetricExporter> {
  const protocol = env['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol === 'grpc') return new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter();
  if (protocol === 'http/json')
    return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter();
  return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter();
}
