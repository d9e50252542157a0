/**
 * What telemetry costs: the same load on the same server without it, with it under Prometheus, and with OTLP besides, at
 * the same time in every round, each in a process of its own whose CPU time is read.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { figure, median, quantile } from './report.ts';
import type { Report } from './report.ts';
import type { ChildFact, ChildOptions, ChildRequest } from './telemetry-child.ts';

const CHILD = new URL('telemetry-child.ts', import.meta.url).pathname;
const SESSIONS = 40;
const VIEWERS_EACH = 10;
const ROUNDS = 8;
/** Code is compiled, connections are made. */
const WARM_UP_MS = 8_000;
const MEASURED_MS = 20_000;
/** Three times as often as is usual. */
const SCRAPE_EVERY_MS = 5_000;
/** Twelve times as often as is usual. */
const EXPORT_EVERY_MS = 5_000;

type Used = Extract<ChildFact, { type: 'used' }>;

interface Variant {
  title: string;
  hasTelemetry: boolean;
  env: Record<string, string>;
}

export async function telemetry(): Promise<Report> {
  await using collector = await startCollector();
  const otlp = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_EVERY_MS),
  };
  const variants: Variant[] = [
    { title: 'without telemetry', hasTelemetry: false, env: {} },
    { title: `metrics, scraped every ${SCRAPE_EVERY_MS / 1_000} s`, hasTelemetry: true, env: {} },
    { title: `the same, and OTLP every ${EXPORT_EVERY_MS / 1_000} s, spans included`, hasTelemetry: true, env: otlp },
  ];
  const used = variants.map((): Used[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    // All at the same time, so that whatever else the machine does is the same for each.
    const all = await Promise.all(variants.map(measure));
    for (const [at, now] of all.entries()) {
      used[at]?.push(now);
      process.stderr.write(
        `round ${round + 1}: ${variants[at]?.title}: ${figure(now.cpuMs)} ms, ${now.finals} finals\n`,
      );
    }
  }
  if (collector.requests() === 0) throw new Error('nothing was exported');
  return reportOf(variants, used);
}

function reportOf(variants: readonly Variant[], used: readonly Used[][]): Report {
  const total = (of: readonly Used[] = []): number => of.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const [without = []] = used;
  const rows = variants.map(({ title }, at) => {
    const own = used[at] ?? [];
    const ratios = own.map(({ cpuMs }, round) => cpuMs / (without[round]?.cpuMs ?? NaN));
    const ratio = `${figure(median(ratios), 3)} (${figure(quantile(ratios, 0.25), 3)}–${figure(quantile(ratios, 0.75), 3)})`;
    return [title, figure((total(own) / (own.length * MEASURED_MS)) * 100, 1), at === 0 ? '1' : ratio];
  });
  return {
    method:
      `${SESSIONS} sessions with audio through ffmpeg and an engine that says a partial every 0.3 s and a final every 3 s, ` +
      `${SESSIONS * VIEWERS_EACH} viewers; CPU time of the server’s process (without ffmpeg, RTMP and engine, which would make the ` +
      `ratio smaller) over ${MEASURED_MS / 1_000} s, ${ROUNDS} rounds, in each all at the same time; the median of the rounds, and ` +
      'their middle half. `npm run bench telemetry`.',
    head: ['', 'CPU, % of a core', 'against none'],
    rows,
  };
}

async function measure({ hasTelemetry, env }: Variant): Promise<Used> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-bench-'));
  const options: ChildOptions = { folder, sessions: SESSIONS, hasTelemetry };
  const child = fork(CHILD, [JSON.stringify(options)], { env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  try {
    const { port, metricsPort } = await factOf(child, 'ready');
    const viewers = await watchAll(port);
    const scraping = setInterval(() => void scrape(metricsPort), SCRAPE_EVERY_MS);
    await pause(WARM_UP_MS);
    ask(child, 'begin');
    await pause(MEASURED_MS);
    ask(child, 'end');
    const used = await factOf(child, 'used');
    clearInterval(scraping);
    for (const viewer of viewers) viewer.terminate();
    return used;
  } finally {
    child.disconnect();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

function ask(child: ChildProcess, request: ChildRequest): void {
  child.send(request);
}

async function factOf<T extends ChildFact['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<ChildFact, { type: T }>> {
  const [fact] = (await once(child, 'message')) as [ChildFact];
  if (fact.type !== type) throw new Error(`expected ${type}, got ${fact.type}`);
  return fact as Extract<ChildFact, { type: T }>;
}

async function watchAll(port: number): Promise<WebSocket[]> {
  const viewers = Array.from({ length: SESSIONS * VIEWERS_EACH }, (_, index) => {
    const viewer = new WebSocket(`ws://127.0.0.1:${port}/sessions/s${index % SESSIONS}/live`, 'captiond.v2');
    viewer.on('error', () => {});
    return viewer;
  });
  await Promise.all(viewers.map((viewer) => once(viewer, 'open')));
  return viewers;
}

/** Every variant is asked; the one without telemetry answers with nothing. */
async function scrape(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
}

/** A receiver of OTLP over HTTP that takes everything. */
async function startCollector() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
