/**
 * Canaries of server mode and webhooks: keys, secrets, what the model says and what is said to it are searched in everything
 * that an operator can read.
 */
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { talkPcm } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { runCaptiond } from '../harness.ts';
import { HOOK_SECRET, startHookReceiver } from '../support/hook-receiver.ts';
import type { HookReceiver } from '../support/hook-receiver.ts';
import { startModelEndpoint } from '../support/model-endpoint.ts';
import type { ModelEndpoint } from '../support/model-endpoint.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWav } from '../support/wav.ts';
import { collector } from '../support/canaries.ts';

t.setTimeout(120_000);

const KEY = 'canary-key-93fe01';
const ANSWER = 'canary-answer-77d2';

/** A server with all of it, under canaries. */
function startProgram(gladia: GladiaSimulator, model: ModelEndpoint, receiver: HookReceiver, spansTo: string) {
  return runCaptiond(['serve'], {
    ...{ GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none', LOG_LEVEL: 'debug' },
    ...{ AI_MODE: 'server', OPENAI_BASE_URL: model.url, OPENAI_API_KEY: KEY, AI_MODEL: 'm', AI_FINALS_MIN: '1' },
    ...{ AI_INTERVAL_MS: '100', WEBHOOK_URL: `${receiver.url}canary-path`, WEBHOOK_SECRET: HOOK_SECRET },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: spansTo, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OPENAI_LOG: 'debug' },
  });
}

function holdNone(t: Test, outputs: Readonly<Record<string, string>>): void {
  const secrets = [KEY, ANSWER, HOOK_SECRET, HOOK_SECRET.slice(6), 'canary', 'material-', 'no: server_error'];
  for (const [where, text] of Object.entries(outputs)) {
    t.ok(text.length > 500, `${where}: there is something to search`);
    for (const secret of secrets) t.notOk(text.includes(secret), `${where}: ${secret}`);
    t.notMatch(text, /w00\d/, `${where}: what was said`);
  }
}

/** What has to be seen of it instead. */
const shown: Record<string, RegExp[]> = {
  spans: [/language model call/],
  inspector: [/"name":"insights"/],
  metrics: [
    /ai_calls_total [3-9]/,
    /ai_call_errors_total\{cause="invalid"\} 1/,
    /ai_call_errors_total\{cause="server_error"\} 1/,
    /ai_tokens_total\{kind="prompt"\} \d{3}/,
    /ai_call_duration_ms_count [3-9]/,
    /webhook_deliveries_total\{event="session.final"\} \d/,
    /webhook_failures_total\{cause="answered_5xx"\} 1/,
  ],
};

void t.test('no key and no word to or from a model is in logs, metrics, spans or the inspector', async (t) => {
  await using gladia = await startGladia({});
  const answer = JSON.stringify({ summary: ANSWER, topics: [ANSWER], actions: [] });
  await using model = await startModelEndpoint({ key: KEY, answer: () => answer });
  await using receiver = await startHookReceiver();
  using spans = await collector();
  model.fail('invalid_json', 'server_error');
  receiver.fail(500);
  await using program = startProgram(gladia, model, receiver, spans.endpoint);
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\S+\/live)\/SLUG/);
  const [, host = ''] = await program.printed(/home\s+http:\/\/([^/]+)\//);
  const [, admin = ''] = await program.printed(/metrics\s+http:\/\/([^/]+)\/metrics/);
  using viewer = collect(`ws://${host}/sessions/talk/live?after=0`);
  await using publisher = await ffmpegAudio(await writeWav(t, talkPcm(0, 6, 6)), `${rtmp}/talk`);
  await viewer.find(({ type }) => type === 'session');
  const frames: string[] = [];
  const inspector = new WebSocket(`ws://${admin}/inspect/live?session=talk`);
  inspector.on('message', (data: Buffer) => frames.push(data.toString()));
  await viewer.find(({ type }) => type === 'ai_insight');
  await publisher.exited;
  await viewer.closed;
  await eventually('the end is delivered', () => receiver.taken.some(({ body }) => body.type === 'session.ended'));
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  program.child.kill('SIGTERM');
  await program.exited;
  const logs = program.output.stdout + program.output.stderr;
  const outputs = { logs, metrics, spans: spans.bodies.join('\n'), inspector: frames.join('\n') };
  holdNone(t, outputs);
  for (const [where, patterns] of Object.entries(shown)) {
    for (const pattern of patterns) t.match(outputs[where as keyof typeof outputs], pattern);
  }
});
