/** What a session adds to the metrics, and which name its series have. */
import t from 'tap';
import type { InspectionEvent } from 'xstate';
import { MetricStore } from '../../../runtime/telemetry/metric-store.ts';
import type { MetricName } from '../../../runtime/telemetry/metrics-table.ts';
import { LABELLED_SESSIONS_MAX, OTHER, SessionLabels } from '../../../runtime/telemetry/session-labels.ts';
import { SessionMeter } from '../../../runtime/telemetry/session-meter.ts';
import type { SessionSample } from '../../../runtime/telemetry/session-meter.ts';
import { eventually } from '../../support/processes.ts';

const nothing: SessionSample = {
  clients: 0,
  isSilent: false,
  failedSends: 0,
  slowCloses: 0,
  droppedPartials: 0,
  heartbeatTimeouts: 0,
  duplicates: 0,
  handovers: 0,
  insights: 0,
  ledger: { receivedMs: 0, transcribedMs: 0, gapMs: 0, unackedMs: 0 },
};

/** Value of a series; undefined when there is none. */
async function valueOf(store: MetricStore, name: MetricName, labels: Record<string, string> = {}): Promise<unknown> {
  const { resourceMetrics } = await store.collect();
  const [scope] = resourceMetrics.scopeMetrics;
  const points = scope?.metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
  return points.find(({ attributes }) => JSON.stringify(attributes) === JSON.stringify(labels))?.value;
}

function metered(label = 'talk') {
  const store = new MetricStore();
  const sample = structuredClone(nothing);
  const meter = new SessionMeter(store, label, () => sample);
  store.observe((observe) => meter.sample(observe));
  return { store, sample, meter };
}

void t.test('what grows in the session grows the counters by as much, however often it is looked at', async (t) => {
  const { store, sample } = metered();
  const grown = { slowCloses: 2, duplicates: 1, handovers: 3, insights: 4 };
  Object.assign(sample, { ...grown, clients: 7, isSilent: true });
  sample.ledger = { receivedMs: 1_000, transcribedMs: 600, gapMs: 100, unackedMs: 300 };
  const audio = (outcome: string) => valueOf(store, 'session_audio_ms_total', { session: 'talk', outcome });
  for (let look = 0; look < 3; look += 1) {
    t.equal(await valueOf(store, 'ws_slow_closes_total'), 2);
    t.equal(await valueOf(store, 'ai_lease_handovers_total'), 3);
    t.equal(await valueOf(store, 'ai_calls_total'), 4);
    t.strictSame([await audio('received'), await audio('transcribed'), await audio('gap')], [1_000, 600, 100]);
  }
  sample.ledger = { ...sample.ledger, transcribedMs: 900, unackedMs: 0 };
  t.equal(await audio('transcribed'), 900);
  t.equal(await valueOf(store, 'ws_session_clients', { session: 'talk' }), 7);
  t.equal(await valueOf(store, 'publisher_silent', { session: 'talk' }), 1);
  sample.isSilent = false;
  t.equal(await valueOf(store, 'publisher_silent', { session: 'talk' }), 0);
  t.equal(await valueOf(store, 'transcriber_unacked_ms', { session: 'talk' }), 0);
});

void t.test('a second run of the same name goes on counting', async (t) => {
  const { store, sample } = metered();
  sample.ledger.receivedMs = 1_000;
  await store.collect();
  const second = new SessionMeter(store, 'talk', () => ({ ...nothing, ledger: { ...nothing.ledger, receivedMs: 50 } }));
  second.sample();
  t.equal(await valueOf(store, 'session_audio_ms_total', { session: 'talk', outcome: 'received' }), 1_050);
});

void t.test('what happens between the actors is counted by its code', async (t) => {
  const { store, meter } = metered();
  const event = (type: string, fields: object = {}): void => {
    meter.inspect({ type: '@xstate.event', event: { type, ...fields } } as unknown as InspectionEvent);
  };
  event('publisher.attached');
  event('publisher.lost');
  event('publisher.attached');
  event('decoder.lost', { reason: 'stalled' });
  event('process.kill');
  event('transcriber.lost', { cause: 'open_timeout' });
  event('transcriber.lost', { cause: 'Gladia answered 503 to https://secret.example/?token=1.' });
  meter.inspect({ type: '@xstate.actor', actorRef: { id: 'local' } } as unknown as InspectionEvent);
  t.equal(await valueOf(store, 'publisher_reconnects_total'), 1);
  t.equal(await valueOf(store, 'ffmpeg_restarts_total', { reason: 'stalled' }), 1);
  t.equal(await valueOf(store, 'ffmpeg_forced_kills_total'), 1);
  t.equal(await valueOf(store, 'transcriber_reconnects_total', { cause: 'open_timeout' }), 1);
  t.equal(await valueOf(store, 'transcriber_reconnects_total', { cause: 'other' }), 1, 'a sentence is no label');
  t.equal(await valueOf(store, 'transcriber_failovers_total'), 1);
});

void t.test('two hundred sessions are named, further ones share a name until there is room', async (t) => {
  const forgotten: string[] = [];
  const labels = new SessionLabels((name) => void forgotten.push(name), 20);
  t.teardown(() => labels.close());
  const names = Array.from({ length: LABELLED_SESSIONS_MAX + 2 }, (_, index) => labels.begin(`s${index}`));
  t.strictSame(names.slice(-3), [`s${LABELLED_SESSIONS_MAX - 1}`, OTHER, OTHER]);
  labels.end(OTHER);
  labels.end('s0');
  t.equal(labels.begin('late'), OTHER, 'a name is kept for a while');
  await eventually('it is forgotten', () => forgotten.length === 1);
  t.strictSame(forgotten, ['s0']);
  t.equal(labels.begin('later'), 'later');
});

void t.test('a session that comes back in time keeps its series', async (t) => {
  const forgotten: string[] = [];
  const labels = new SessionLabels((name) => void forgotten.push(name), 20);
  t.teardown(() => labels.close());
  labels.begin('talk');
  labels.end('talk');
  labels.begin('talk');
  labels.begin('other-one');
  labels.end('other-one');
  await eventually('the other is forgotten', () => forgotten.length === 1);
  t.strictSame(forgotten, ['other-one']);
});
