/**
 * Every metric: its exact Prometheus name, kind, unit, labels and meaning. The store takes no other, the README's table is
 * made from it, and dashboards and alerts are checked against it.
 */

/** `counter` only grows; `gauge` is as it is now; `histogram` counts values by upper bounds. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface Metric {
  kind: MetricKind;
  /** UCUM code; empty for plain counts. */
  unit: '' | 'ms';
  labels: readonly string[];
  meaning: string;
  /** Of a histogram, in its unit. */
  bounds?: readonly number[];
}

const lagBounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000];
const latencyBounds = [100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000];
const callBounds = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000];

const counter = (labels: readonly string[], meaning: string, unit: Metric['unit'] = ''): Metric => {
  return { kind: 'counter', unit, labels, meaning };
};
const gauge = (labels: readonly string[], meaning: string, unit: Metric['unit'] = ''): Metric => {
  return { kind: 'gauge', unit, labels, meaning };
};
const histogram = (labels: readonly string[], meaning: string, bounds: readonly number[]): Metric => {
  return { kind: 'histogram', unit: 'ms', labels, meaning, bounds };
};

export const metrics = {
  sessions: gauge(['state'], 'sessions that have not ended, by state'),
  ws_session_clients: gauge(['session'], 'viewers attached, over WebSocket and event stream'),
  ws_session_broadcast_lag_ms: histogram(
    ['session'],
    'from a final or partial that is ready to its bytes on the way to the last viewer that keeps up',
    lagBounds,
  ),
  ws_broadcast_errors_total: counter([], 'sends that failed; the viewer is removed'),
  ws_heartbeat_timeouts_total: counter([], 'viewers closed because they answered no ping'),
  ws_queue_drops_total: counter(
    ['kind'],
    'partials that a viewer never got because a newer one came; finals are never dropped',
  ),
  ws_slow_closes_total: counter([], 'viewers closed with 4008; they resume'),
  session_audio_ms_total: counter(
    ['session', 'outcome'],
    'audio received, transcribed, and declared as a gap (outcome received, transcribed, gap)',
    'ms',
  ),
  session_transcript_latency_ms: histogram(
    ['kind'],
    'from the end of the words in the audio to their partial or final, on the clock of the stream',
    latencyBounds,
  ),
  ffmpeg_restarts_total: counter(['reason'], 'ffmpeg processes that were replaced: exited, stalled'),
  ffmpeg_forced_kills_total: counter([], 'ffmpeg processes that only SIGKILL ended'),
  orphans_ended_total: counter(
    [],
    'processes that an earlier server of this data folder had left behind, killed at the start',
  ),
  transcriber_reconnects_total: counter(['cause'], 'times that an engine was lost and called again'),
  transcriber_unacked_ms: gauge(['session'], 'audio that the engine has not said anything about yet', 'ms'),
  transcriber_failovers_total: counter([], 'times that the built-in engine took over from the cloud engine'),
  publisher_silent: gauge(
    ['session'],
    '1 while the publisher is connected and has sent no audio for ten seconds, else 0',
  ),
  publisher_reconnects_total: counter([], 'publishers that came back to their session'),
  transcript_duplicates_total: counter([], 'finals that came again from an engine and were dropped'),
  ai_calls_total: counter([], 'calls of a language model: insights that viewers delivered, and requests of the server'),
  ai_call_errors_total: counter(
    ['cause'],
    'calls of the server that gave no insight: unauthorised, refused, rate_limited, server_error, unreachable, cut, timeout, invalid …',
  ),
  ai_call_duration_ms: histogram([], 'from the request of a call to the end of its answer', callBounds),
  ai_tokens_total: counter(['kind'], 'tokens that calls of the server have cost (kind prompt, completion)'),
  ai_lease_handovers_total: counter([], 'AI leases that went to another holder than the one before'),
  limit_refusals_total: counter(['limit'], 'connections, requests and messages that a limit turned away, by limit'),
  access_refusals_total: counter(
    ['scope', 'code'],
    'publishers, viewers and requests without a token that allows what they asked for, by scope (publish, view, ai, admin) and code',
  ),
  webhook_deliveries_total: counter(['event'], 'webhooks that the receiver has accepted'),
  webhook_failures_total: counter(['cause'], 'attempts to deliver a webhook that failed; they are made again'),
  webhook_drops_total: counter([], 'events whose webhook was given up: nobody was told'),
  webhook_waiting_ms: gauge([], 'how long the run that is furthest behind has had webhooks to deliver', 'ms'),
  server_ready: gauge([], '1 while sessions are taken, 0 while the server drains or no engine could transcribe them'),
  event_loop_lag_ms: gauge(
    [],
    'the longest time for which the event loop was held up in the last 16 to 32 seconds',
    'ms',
  ),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
/** In the order of the table. */
export const metricRows = Object.entries(metrics) as [MetricName, Metric][];
