/** Canaries: tokens, their secret and the credential of the deciding service are searched in all that can be read. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { Tokens } from '../../runtime/access/tokens.ts';
import { runCaptiond } from '../harness.ts';
import { collector, holdNone } from '../support/canaries.ts';
import { eventually } from '../support/processes.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { collect } from '../support/transcript-collector.ts';

t.setTimeout(120_000);

const SECRET = 'canary-secret-0c4d-with-enough-bytes-for-it';

/** A token that the server makes for whoever shows `token`. */
async function issued(host: string, token: string): Promise<string> {
  const response = await fetch(`http://${host}/sessions/talk/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"scopes":["publish","view"],"ttlS":600}',
  });
  return ((await response.json()) as { token: string }).token;
}

/** Answers yes, and keeps what it was asked. */
async function decider() {
  const questions: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (data) => questions.push(String(data)));
    request.on('end', () => response.writeHead(questions.length > 3 ? 403 : 200).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { questions, port, [Symbol.dispose]: () => void server.close() };
}

const paths = ['/sessions/talk', '/sessions/none', '/sessions/talk/transcript.json', '/nothing'];

/** Everything that is said to whoever asks with these. */
function answersTo(host: string, tokens: readonly string[]): Promise<string[]> {
  const urls = tokens.flatMap((token) => paths.map((path) => `http://${host}${path}?token=${token}`));
  return Promise.all(urls.map(async (url) => (await fetch(url)).text()));
}

const options = (hookPort: number, endpoint: string) => ({
  AUTH_SECRET: SECRET,
  AUTH_HOOK_URL: `http://canary-user:canary-pass@127.0.0.1:${hookPort}/auth?key=canary-query`,
  TRANSCRIBER: 'local',
  LOG_LEVEL: 'debug',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
});

/** What the inspector shows, from some frames on. */
async function inspected(url: string): Promise<string[]> {
  const frames: string[] = [];
  new WebSocket(url).on('message', (data: Buffer) => frames.push(data.toString()));
  await eventually('the inspector is told', () => frames.length > 3);
  return frames;
}

void t.test('no token, secret or credential of the deciding service is shown, also when it is refused', async (t) => {
  using service = await decider();
  using spans = await collector();
  const tokens = new Tokens(SECRET);
  const order = { session: '*', scopes: ['admin'], ttlS: 3_600 } as const;
  const { token } = await tokens.issue(order);
  const { token: foreign } = await new Tokens(`${SECRET}-another`).issue(order);
  await using program = runCaptiond(['serve'], options(service.port, spans.endpoint));
  const [, rtmpPort = ''] = await program.printed(/publish\s+rtmp:[^:]+:(\d+)/);
  const [, host = ''] = await program.printed(/home\s+http:\/\/([^/]+)\//);
  const [, admin = ''] = await program.printed(/metrics\s+http:\/\/([^/]+)\/metrics/);
  const port = Number(rtmpPort);
  const publisher = await publishRtmp({ port, name: `talk?token=${token}&user=u&pass=canary-pass` });
  using viewer = collect(`ws://${host}/sessions/talk/live?after=0&token=${token}`);
  await viewer.find(({ type }) => type === 'session');
  const frames = await inspected(`ws://${admin}/inspect/live?session=talk&token=${token}`);
  const made = await issued(host, token);
  const bodies = await answersTo(host, [foreign, 'canary-nonsense', token, made]);
  for (const each of [foreign, token, made]) {
    await publishRtmp({ port, name: `second?token=${each}` }).catch((error: unknown) => bodies.push(String(error)));
  }
  const metrics = await (
    await fetch(`http://${admin}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  publisher.abort();
  program.child.kill('SIGTERM');
  await program.exited;
  t.ok(service.questions.length > 4);
  const signedParts = [token, made].flatMap((each) => each.split('.').slice(1));
  const outputs = {
    logs: program.output.stdout + program.output.stderr,
    metrics,
    spans: spans.bodies.join('\n'),
    inspector: frames.join('\n'),
    bodies: bodies.join('\n'),
  };
  holdNone(t, outputs, [SECRET, token, foreign, made, 'canary', ...signedParts]);
});
