/** Canaries: a key, a publisher's token and Gladia's session secrets are searched in everything that an operator can read. */
import t from 'tap';
import { WebSocket } from 'ws';
import { talkPcm } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { runCaptiond } from '../harness.ts';
import { collector, holdNone } from '../support/canaries.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWav } from '../support/wav.ts';

t.setTimeout(120_000);

const KEY = 'canary-key-5b1f9c';
const TOKEN = 'canary-token-77aa03';

void t.test('no secret is in logs, metrics, spans or the inspector', async (t) => {
  await using gladia = await startGladia({ key: KEY });
  using spans = await collector();
  await using program = runCaptiond(['serve'], {
    GLADIA_API_KEY: KEY,
    GLADIA_URL: gladia.url,
    TRANSCRIBER_FALLBACK: 'none',
    LOG_LEVEL: 'debug',
    OTEL_EXPORTER_OTLP_ENDPOINT: spans.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  const [, rtmp = ''] = await program.printed(/publish\s+(rtmp:\S+\/live)\/SLUG/);
  const [, host = ''] = await program.printed(/home\s+http:\/\/([^/]+)\//);
  const [, admin = ''] = await program.printed(/metrics\s+http:\/\/([^/]+)\/metrics/);
  using viewer = collect(`ws://${host}/sessions/talk/live?after=0`);
  await using publisher = await ffmpegAudio(await writeWav(t, talkPcm(0, 4, 6)), `${rtmp}/talk?token=${TOKEN}`);
  await viewer.find(({ type }) => type === 'session');
  const frames: string[] = [];
  const inspector = new WebSocket(`ws://${admin}/inspect/live?session=talk`);
  inspector.on('message', (data: Buffer) => frames.push(data.toString()));
  await viewer.find(({ type }) => type === 'transcript_final');
  gladia.dropAll('reset');
  await viewer.closed;
  await publisher.exited;
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  await eventually('the inspector is told the end', () => frames.some((frame) => frame.includes('"done"')));
  program.child.kill('SIGTERM');
  await program.exited;
  const outputs = {
    logs: program.output.stdout + program.output.stderr,
    metrics,
    spans: spans.bodies.join('\n'),
    inspector: frames.join('\n'),
    transcript: JSON.stringify(viewer.messages),
  };
  t.ok(gladia.sessions.length > 0);
  holdNone(t, outputs, [KEY, TOKEN, ...gladia.sessions.map(({ token }) => token)]);
  t.match(outputs.spans, /gladia connection/);
  t.notMatch(outputs.spans + outputs.inspector + outputs.metrics, /w00\d/, 'nor is what was said');
});
