/** What an operator sees of a running server: over Prometheus, and at an OpenTelemetry collector. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { metricRows } from '../../runtime/telemetry/metrics-table.ts';
import { runCaptiond, startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { scrape, valueOf } from '../support/metrics.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { clips } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const [speech] = clips;
if (speech === undefined) throw new Error('no clip');

t.setTimeout(300_000);

const metricsOf = ({ addresses: { admin } }: TestServer): Promise<string> =>
  scrape(`http://${admin.host}:${admin.port}/metrics`);

void t.test('a session from its start to its end, in numbers', async (t) => {
  await using server = await startServer();
  const before = await metricsOf(server);
  for (const [name, { kind, labels }] of metricRows) {
    if (kind === 'counter' && labels.length === 0) t.equal(valueOf(before, name), 0, name);
  }
  t.equal(valueOf(before, 'sessions{state="live"}'), 0);
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  await using publisher = await ffmpegAudio(speech.path, server.rtmpUrl('talk'));
  await viewer.find(({ type }) => type === 'transcript_final');
  const during = await metricsOf(server);
  t.equal(valueOf(during, 'sessions{state="live"}'), 1);
  t.equal(valueOf(during, 'ws_session_clients{session="talk"}'), 1);
  t.ok((valueOf(during, 'session_audio_ms_total{session="talk",outcome="received"}') ?? 0) > 1_000);
  t.ok((valueOf(during, 'ws_session_broadcast_lag_ms_count{session="talk"}') ?? 0) > 1);
  t.ok((valueOf(during, 'session_transcript_latency_ms_count{kind="partial"}') ?? 0) > 0);
  t.ok((valueOf(during, 'session_transcript_latency_ms_count{kind="final"}') ?? 0) > 0);
  await viewer.closed;
  await publisher.exited;
  await eventually('the session is gone', () => server.server.registry.size === 0);
  const after = await metricsOf(server);
  t.equal(valueOf(after, 'sessions{state="live"}'), 0);
  t.equal(valueOf(after, 'ws_session_clients{session="talk"}'), undefined);
  const outcome = (name: string): number =>
    valueOf(after, `session_audio_ms_total{session="talk",outcome="${name}"}`) ?? NaN;
  const end = viewer.messages.at(-1);
  t.equal(outcome('received'), end?.ledger?.receivedMs);
  t.equal(outcome('received'), outcome('transcribed') + outcome('gap'), 'all audio is accounted for');
});

void t.test('metrics have a listener of their own', async (t) => {
  await using server = await startServer();
  const { host, port } = server.addresses.admin;
  const status = async (path: string, init: RequestInit = {}) =>
    (await fetch(`http://${host}:${port}${path}`, init)).status;
  t.equal(await status('/metrics'), 200);
  t.equal(await status('/healthz'), 200);
  t.equal(await status('/'), 404);
  t.equal(await status('/inspect/live'), 426);
  t.equal(await status('/metrics', { method: 'POST' }), 405);
  const answer = await fetch(`http://${host}:${port}/metrics`);
  t.match(answer.headers.get('content-type'), /^text\/plain/);
  t.equal((await fetch(server.httpUrl('/metrics'))).status, 404, 'viewers do not see them');
});

void t.test('a port that is taken is named', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.teardown(() => blocker.close());
  const { port } = blocker.address() as AddressInfo;
  await using program = runCaptiond(['serve'], { ADMIN_PORT: String(port) });
  t.strictSame(await program.exited, { code: 3, signal: null });
  t.match(program.output.stderr, new RegExp(`Port ${port}`));
});

void t.test('with an endpoint the metrics are exported over OTLP, and the last ones at the stop', async (t) => {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (data) => (body += String(data)));
    request.on('end', () => {
      bodies.push(`${request.url} ${body}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.teardown(() => receiver.close());
  const { port } = receiver.address() as AddressInfo;
  await using program = runCaptiond(['serve'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_SERVICE_NAME: 'captions-west',
  });
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\/\/\S+\/live)\/SLUG/);
  await using publisher = await ffmpegAudio(speech.path, `${rtmp}/talk`);
  await publisher.exited;
  await eventually('two exports', () => bodies.length >= 2, 20_000);
  const metrics = bodies.find((body) => body.startsWith('/v1/metrics '));
  for (const name of ['sessions', 'event_loop_lag_ms', 'ws_slow_closes_total']) t.match(metrics, `"name":"${name}"`);
  t.match(metrics, /"captions-west"/);
  const count = bodies.length;
  program.child.kill('SIGTERM');
  t.strictSame(await program.exited, { code: 0, signal: null });
  t.ok(bodies.length > count, 'what was left is exported at the end');
  const spans = bodies.filter((body) => body.startsWith('/v1/traces ')).join('');
  for (const name of ['session', 'ffmpeg run']) t.match(spans, `"name":"${name}"`, `a span for each ${name}`);
  t.match(spans, /"captiond\.session","value":\{"stringValue":"talk"\}/);
  for (const event of ['publisher.attached', 'publisher.ended', 'process.exited']) t.match(spans, `"name":"${event}"`);
});
