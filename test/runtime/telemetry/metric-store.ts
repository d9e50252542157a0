/** The values of the metrics, as a reader collects them and as Prometheus reads them. */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import t from 'tap';
import { MetricStore } from '../../../runtime/telemetry/metric-store.ts';
import { metricRows } from '../../../runtime/telemetry/metrics-table.ts';

async function textOf(store: MetricStore): Promise<string[]> {
  const { resourceMetrics } = await store.collect();
  const text = new PrometheusSerializer('', false, undefined, true, true).serialize(resourceMetrics);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('# UNIT'));
}

const samplesOf = (lines: readonly string[], name: string): string[] => lines.filter((line) => line.startsWith(name));

void t.test('a counter adds up by its labels, and those without labels are there from the start', async (t) => {
  const store = new MetricStore();
  t.strictSame(samplesOf(await textOf(store), 'ws_slow_closes_total'), ['ws_slow_closes_total 0']);
  store.add('ws_slow_closes_total', {}, 2);
  store.add('ffmpeg_restarts_total', { reason: 'exited' });
  store.add('ffmpeg_restarts_total', { reason: 'exited' });
  store.add('ffmpeg_restarts_total', { reason: 'stalled' });
  const lines = await textOf(store);
  t.strictSame(samplesOf(lines, 'ws_slow_closes_total'), ['ws_slow_closes_total 2']);
  t.strictSame(samplesOf(lines, 'ffmpeg_restarts_total'), [
    'ffmpeg_restarts_total{reason="exited"} 2',
    'ffmpeg_restarts_total{reason="stalled"} 1',
  ]);
  t.ok(lines.includes('# TYPE ffmpeg_restarts_total counter'));
});

void t.test('a gauge is what its observers say at the moment; the same labels add up', async (t) => {
  const store = new MetricStore();
  const sessions = ['live', 'live', 'awaiting'];
  const stop = store.observe((observe) => {
    for (const state of sessions) observe('sessions', { state }, 1);
  });
  t.strictSame(samplesOf(await textOf(store), 'sessions{'), [
    'sessions{state="live"} 2',
    'sessions{state="awaiting"} 1',
  ]);
  sessions.length = 1;
  t.strictSame(samplesOf(await textOf(store), 'sessions{'), ['sessions{state="live"} 1']);
  stop();
  t.strictSame(samplesOf(await textOf(store), 'sessions'), []);
});

void t.test('a histogram counts values by their bounds', async (t) => {
  const store = new MetricStore();
  for (const value of [0.5, 1, 1.1, 26, 6_000]) store.record('ws_session_broadcast_lag_ms', { session: 'talk' }, value);
  const lines = samplesOf(await textOf(store), 'ws_session_broadcast_lag_ms');
  const at = (bound: string): string | undefined =>
    lines
      .find((line) => line.includes(`le="${bound}"`))
      ?.split(' ')
      .at(-1);
  t.strictSame([at('1'), at('2'), at('25'), at('50'), at('5000'), at('+Inf')], ['2', '3', '3', '4', '4', '5']);
  t.ok(lines.includes('ws_session_broadcast_lag_ms_count{session="talk"} 5'));
  t.ok(lines.includes('ws_session_broadcast_lag_ms_sum{session="talk"} 6028.6'));
});

void t.test('what is forgotten is gone, the rest stays', async (t) => {
  const store = new MetricStore();
  for (const session of ['a', 'b']) {
    store.record('ws_session_broadcast_lag_ms', { session }, 1);
    store.add('session_audio_ms_total', { session, outcome: 'received' }, 5);
  }
  store.forget('session', 'a');
  const lines = await textOf(store);
  t.strictSame(
    lines.filter((line) => line.includes('"a"')),
    [],
  );
  t.equal(lines.filter((line) => line.includes('"b"')).length, 1 + 2 + 13);
});

void t.test('hostile label values are text', async (t) => {
  const store = new MetricStore();
  store.add('ffmpeg_restarts_total', { reason: 'a"b\\c\nd' });
  t.strictSame(samplesOf(await textOf(store), 'ffmpeg_restarts_total'), [
    'ffmpeg_restarts_total{reason="a\\"b\\\\c\\nd"} 1',
  ]);
});

void t.test('every row of the table is well-formed', (t) => {
  for (const [name, { kind, bounds, meaning }] of metricRows) {
    t.match(name, /^[a-z][a-z0-9_]*$/);
    t.equal(name.endsWith('_total'), kind === 'counter', name);
    t.equal(bounds !== undefined, kind === 'histogram', name);
    if (bounds !== undefined)
      t.strictSame(
        bounds,
        [...bounds].toSorted((one, other) => one - other),
      );
    t.ok(meaning.length > 10, name);
  }
  t.end();
});
