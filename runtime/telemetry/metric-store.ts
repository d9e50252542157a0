/**
 * The values of the metrics, as OpenTelemetry's readers collect them.
 *
 * Not instruments of the SDK, because those keep every label that they ever saw: a session's series must go when the
 * session has been gone for a minute, or a server that runs for a year holds them all.
 */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { CollectionResult, DataPoint, Histogram, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { metricRows, metrics } from './metrics-table.ts';
import type { Metric, MetricName } from './metrics-table.ts';

export type Labels = Readonly<Record<string, string>>;
/** Gives a gauge its value now; several values of the same labels add up. */
export type Observe = (name: MetricName, labels: Labels, value: number) => void;

interface Series {
  labels: Labels;
  value: number;
  /** Of a histogram: how many values were up to each bound, and above the last. */
  counts: number[];
  count: number;
}

/** Seconds and nanoseconds since 1970, as OpenTelemetry has times. */
type HrTime = [seconds: number, nanoseconds: number];

function hrTime(): HrTime {
  const nowMs = Date.now();
  return [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1_000_000];
}

export class MetricStore implements MetricProducer {
  readonly #series = new Map<MetricName, Map<string, Series>>();
  readonly #observers = new Set<(observe: Observe) => void>();
  readonly #startTime = hrTime();

  /** @param present Counters without labels that are there from the start, at 0, so that alerts see their first step. */
  constructor(
    present: readonly MetricName[] = metricRows.flatMap(([name, { kind, labels }]) =>
      kind === 'counter' && labels.length === 0 ? [name] : [],
    ),
  ) {
    for (const name of present) this.add(name, {}, 0);
  }

  /** A counter grows. */
  add(name: MetricName, labels: Labels, value = 1): void {
    this.#of(name, labels).value += value;
  }

  /** A value of a histogram. */
  record(name: MetricName, labels: Labels, value: number): void {
    const { bounds = [] } = rowOf(name);
    const series = this.#of(name, labels);
    const at = bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? bounds.length : at;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.count += 1;
    series.value += value;
  }

  /** `observer` is called at every collection; returns the unsubscriber. */
  observe(observer: (observe: Observe) => void): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Removes every series with this label. */
  forget(label: string, value: string): void {
    for (const series of this.#series.values()) {
      for (const [key, { labels }] of series) if (labels[label] === value) series.delete(key);
    }
  }

  collect(): Promise<CollectionResult> {
    const gauges = new MetricGauges();
    for (const observer of this.#observers) observer(gauges.add);
    const endTime = hrTime();
    const all = metricRows.map(([name, metric]) => {
      const series = metric.kind === 'gauge' ? gauges.of(name) : [...(this.#series.get(name)?.values() ?? [])];
      return metricData(name, metric, series, [this.#startTime, endTime]);
    });
    const scopeMetrics = [
      { scope: { name: 'captiond' }, metrics: all.filter(({ dataPoints }) => dataPoints.length > 0) },
    ];
    return Promise.resolve({ resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics }, errors: [] });
  }

  #of(name: MetricName, labels: Labels): Series {
    const known = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, known);
    return seriesOf(known, labels, rowOf(name).bounds?.length);
  }
}

function rowOf(name: MetricName): Metric {
  return metrics[name];
}

class MetricGauges {
  readonly #values = new Map<MetricName, Map<string, Series>>();

  readonly add: Observe = (name, labels, value) => {
    const known = this.#values.get(name) ?? new Map<string, Series>();
    this.#values.set(name, known);
    seriesOf(known, labels).value += value;
  };

  of(name: MetricName): Series[] {
    return [...(this.#values.get(name)?.values() ?? [])];
  }
}

function seriesOf(known: Map<string, Series>, labels: Labels, bounds?: number): Series {
  const key = JSON.stringify(labels);
  const found = known.get(key);
  if (found !== undefined) return found;
  const counts = bounds === undefined ? [] : Array.from({ length: bounds + 1 }, () => 0);
  const made = { labels, value: 0, counts, count: 0 };
  known.set(key, made);
  return made;
}

function metricData(
  name: MetricName,
  metric: Metric,
  series: readonly Series[],
  [startTime, endTime]: [HrTime, HrTime],
): MetricData {
  const { kind, unit, meaning, bounds = [] } = metric;
  // 1 is `ValueType.DOUBLE` of the API, which is a type alone here.
  const descriptor = { name, description: meaning, unit, valueType: 1 };
  const at = <T>({ labels }: Series, value: T): DataPoint<T> => ({ startTime, endTime, attributes: labels, value });
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (kind === 'histogram') {
    const dataPoints = series.map((each) => at<Histogram>(each, histogramOf(each, bounds)));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = series.map((each) => at(each, each.value));
  if (kind === 'gauge') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function histogramOf({ counts, count, value }: Series, boundaries: readonly number[]): Histogram {
  return { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum: value, count };
}
