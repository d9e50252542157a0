/** What one session adds to the metrics: sampled from its data plane, and counted from its charts' events. */
import type { InspectionEvent } from 'xstate';
import type { LedgerTotals } from '../../actors/ports.ts';
import type { ModelCallCommand, ModelCallFact } from '../../machines/ai-events.ts';
import type { Labels, MetricStore, Observe } from './metric-store.ts';
import type { MetricName } from './metrics-table.ts';

/** What is sampled; all of it only grows, but for `clients`, `isSilent` and `unackedMs`. */
export interface SessionSample {
  clients: number;
  /** Is the publisher connected, and sends no audio? */
  isSilent: boolean;
  failedSends: number;
  slowCloses: number;
  droppedPartials: number;
  heartbeatTimeouts: number;
  duplicates: number;
  /** Times that another had the AI lease than the one before. */
  handovers: number;
  /** Insights that viewers delivered. */
  insights: number;
  ledger: LedgerTotals;
}

/** Causes and reasons are codes; anything else would be a label for each sentence. */
const CODE = /^[a-z][a-z0-9_]{0,39}$/;

export class SessionMeter {
  readonly #store: MetricStore;
  /** What the session's series are called. */
  readonly label: string;
  readonly #sample: () => SessionSample;
  /** What has been added already, by metric and labels. */
  readonly #added = new Map<string, number>();
  #isPublisherLost = false;

  constructor(store: MetricStore, label: string, sample: () => SessionSample) {
    this.#store = store;
    this.label = label;
    this.#sample = sample;
  }

  /** A pass over the viewers is through. */
  delivered(lagMs: number): void {
    this.#store.record('ws_session_broadcast_lag_ms', { session: this.label }, lagMs);
  }

  /** A partial or final came of words that ended `latencyMs` ago. */
  said(kind: 'partial' | 'final', latencyMs: number): void {
    this.#store.record('session_transcript_latency_ms', { kind }, Math.max(0, latencyMs));
  }

  /** Brings the counters up to date, and gives the gauges when it is asked. */
  sample(observe?: Observe): void {
    const { clients, isSilent, ledger, ...counts } = this.#sample();
    const session = this.label;
    this.#grow('ws_broadcast_errors_total', {}, counts.failedSends);
    this.#grow('ws_slow_closes_total', {}, counts.slowCloses);
    this.#grow('ws_queue_drops_total', { kind: 'partial' }, counts.droppedPartials);
    this.#grow('ws_heartbeat_timeouts_total', {}, counts.heartbeatTimeouts);
    this.#grow('transcript_duplicates_total', {}, counts.duplicates);
    this.#grow('ai_lease_handovers_total', {}, counts.handovers);
    this.#grow('ai_calls_total', {}, counts.insights);
    this.#grow('session_audio_ms_total', { session, outcome: 'received' }, ledger.receivedMs);
    this.#grow('session_audio_ms_total', { session, outcome: 'transcribed' }, ledger.transcribedMs);
    this.#grow('session_audio_ms_total', { session, outcome: 'gap' }, ledger.gapMs);
    observe?.('ws_session_clients', { session }, clients);
    observe?.('publisher_silent', { session }, isSilent ? 1 : 0);
    observe?.('transcriber_unacked_ms', { session }, ledger.unackedMs);
  }

  /** Everything that happens between the session's actors. */
  readonly inspect = (inspected: InspectionEvent): void => {
    if (inspected.type === '@xstate.actor') {
      if ((inspected.actorRef as { id?: string }).id === 'local') this.#store.add('transcriber_failovers_total', {});
      return;
    }
    if (inspected.type === '@xstate.event') this.#happened(inspected.event);
  };

  #happened(event: { type: string; reason?: unknown; cause?: unknown }): void {
    const store = this.#store;
    if (event.type === 'decoder.lost') store.add('ffmpeg_restarts_total', { reason: codeOf(event.reason) });
    else if (event.type.startsWith('call.')) this.#called(event as unknown as ModelCallFact | ModelCallCommand);
    else if (event.type === 'process.kill') store.add('ffmpeg_forced_kills_total', {});
    else if (event.type === 'transcriber.lost')
      store.add('transcriber_reconnects_total', { cause: codeOf(event.cause) });
    else if (event.type === 'publisher.lost') this.#isPublisherLost = true;
    else if (event.type === 'publisher.attached' && this.#isPublisherLost) {
      this.#isPublisherLost = false;
      store.add('publisher_reconnects_total', {});
    }
  }

  /** A call of the server's own language-model caller. */
  #called(event: ModelCallFact | ModelCallCommand): void {
    const store = this.#store;
    if (event.type === 'call.started') store.add('ai_calls_total', {});
    if (event.type === 'call.failed' && event.cause !== 'stopped') {
      store.add('ai_call_errors_total', { cause: codeOf(event.cause) });
    }
    if (!('cost' in event) || event.cost.elapsedMs === 0) return;
    store.record('ai_call_duration_ms', {}, event.cost.elapsedMs);
    store.add('ai_tokens_total', { kind: 'prompt' }, event.cost.promptTokens);
    store.add('ai_tokens_total', { kind: 'completion' }, event.cost.completionTokens);
  }

  #grow(name: MetricName, labels: Labels, total: number): void {
    const key = `${name} ${labels['outcome'] ?? ''}`;
    const before = this.#added.get(key) ?? 0;
    if (total <= before && this.#added.has(key)) return;
    this.#added.set(key, Math.max(total, before));
    this.#store.add(name, labels, Math.max(0, total - before));
  }
}

function codeOf(value: unknown): string {
  return typeof value === 'string' && CODE.test(value) ? value : 'other';
}
