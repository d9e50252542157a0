/** The engine's process under the process chart: how it is ended, replaced, given up, and what it is told. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createActor, waitFor } from 'xstate';
import { bindInput } from '../../actors/bind-input.ts';
import { localEngineProcess } from '../../actors/local-engine.ts';
import { LocalEngineClient } from '../../actors/local/client.ts';
import type { Log } from '../../actors/ports.ts';
import { ResourceList } from '../../actors/resources.ts';
import type { ProcessFact, ProcessOutput } from '../../machines/events.ts';
import { processMachine } from '../../machines/process.ts';
import { defaultRestartPolicy } from '../../machines/restart.ts';
import { Engine } from '../../runtime/engine.ts';
import { ServingClock } from '../../runtime/serving-clock.ts';
import { eventually, isAlive } from '../support/processes.ts';
import { childEnvironment } from '../../actors/process-group.ts';

interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

function recorder(lines: Line[]): Log {
  const at =
    (level: string): Log['info'] =>
    (message, fields = {}) =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const nowMs = (): number => performance.now();
const clock = new ServingClock({ onHeldUp: () => {} });
const fixture = (name: string): URL => new URL(`../fixtures/engine/${name}.mjs`, import.meta.url);
const timing = { startTimeoutMs: 20_000, endTimeoutMs: 500, terminateTimeoutMs: 500, killTimeoutMs: 2_000 };

interface RigOptions {
  name?: string;
  stallMs?: number;
  rssMaxBytes?: number;
  startTimeoutMs?: number;
}

/** The chart over this program; ends with the test. */
function rig(program: string, { name = 'model', stallMs = 60_000, rssMaxBytes = Infinity, ...more }: RigOptions = {}) {
  const lines: Line[] = [];
  const steps: string[] = [];
  const facts: ProcessFact[] = [];
  const resources = new ResourceList();
  const client = new LocalEngineClient({ onProgress: (step) => void steps.push(step) });
  const model = { name, language: 'en', finals: {}, vad: '' };
  const shared = { client, model, resources, log: recorder(lines), nowMs, stallMs, rssMaxBytes };
  const child = bindInput(localEngineProcess, { ...shared, program: fixture(program) });
  const actor = createActor(processMachine.provide({ actors: { child } }), {
    input: { timing: { ...timing, ...more }, restart: defaultRestartPolicy },
    inspect: (event) => {
      if (event.type !== '@xstate.event' || event.actorRef !== actor) return;
      const { type } = event.event;
      if (type.startsWith('process.') && type !== 'process.stop') facts.push(event.event as ProcessFact);
    },
  });
  actor.start();
  const told = async <T extends ProcessFact['type']>(type: T, times = 1) => {
    const own = (): Extract<ProcessFact, { type: T }>[] =>
      facts.filter((fact): fact is Extract<ProcessFact, { type: T }> => fact.type === type);
    await eventually(`${type} ${times} times`, () => own().length >= times, 20_000);
    return own()[times - 1];
  };
  const stop = async (): Promise<ProcessOutput | undefined> => {
    actor.send({ type: 'process.stop' });
    return (await waitFor(actor, ({ status }) => status === 'done', { timeout: 20_000 })).output;
  };
  const dispose = async (): Promise<void> => {
    if (actor.getSnapshot().status === 'active') await stop();
  };
  return { actor, facts, lines, resources, steps, told, stop, [Symbol.asyncDispose]: dispose };
}

void t.test('one that leaves when it is told to has left by itself', async (t) => {
  await using engine = rig('silent-when-ready');
  await engine.told('process.ready');
  t.match(await engine.stop(), { outcome: 'exited', rung: 'ending', code: 0, signal: null });
  t.equal(engine.resources.size, 0);
  t.match(engine.lines, [{ level: 'debug', message: 'the engine has left' }]);
});

void t.test('one that does not is ended by SIGTERM, and one that is deaf to that is killed', async (t) => {
  for (const [name, rung, signal] of [
    ['deaf', 'terminating', 'SIGTERM'],
    ['deaf to SIGTERM', 'killing', 'SIGKILL'],
  ] as const) {
    await using engine = rig('deaf-to-shut-down', { name });
    await engine.told('process.ready');
    t.match(await engine.stop(), { outcome: 'exited', rung, signal });
    t.equal(engine.resources.size, 0);
  }
});

void t.test('one that is ready and gives no sign of life is killed and replaced', async (t) => {
  await using engine = rig('silent-when-ready', { stallMs: 300 });
  const pid = (await engine.told('process.started'))?.pid ?? 0;
  await engine.told('process.stalled');
  t.match(await engine.told('process.exited'), { signal: 'SIGKILL' });
  t.notOk(isAlive(pid));
  await engine.told('process.ready', 2);
});

void t.test('one that gives signs of life is left alone', async (t) => {
  await using engine = rig('deaf-to-shut-down', { stallMs: 600 });
  await engine.told('process.ready');
  const readyAtMs = nowMs();
  await eventually('three times the bound', () => nowMs() - readyAtMs > 1_800);
  t.strictSame(
    engine.facts.map(({ type }) => type),
    ['process.started', 'process.ready'],
  );
});

void t.test('one that holds too much memory is killed and replaced, and it is said once', async (t) => {
  await using engine = rig('grows', { rssMaxBytes: 450 });
  t.match(await engine.told('process.exited'), { signal: 'SIGKILL' });
  t.equal(engine.facts.filter(({ type }) => type === 'process.outgrown').length, 1);
  await engine.told('process.ready', 2);
  const line = engine.lines.find(({ message }) => message === 'the engine holds too much memory');
  t.match(line, { level: 'warn', fields: { rssBytes: 500, rssMaxBytes: 450 } });
});

void t.test('one that is never ready is killed and replaced', async (t) => {
  await using engine = rig('never-ready', { startTimeoutMs: 400 });
  t.match(await engine.told('process.exited'), { signal: 'SIGKILL' });
  await engine.told('process.started', 2);
});

void t.test('one that dies over its model is given up, and its last 50 lines are in the log', async (t) => {
  await using engine = rig('complains-and-dies');
  await eventually('the end', () => engine.actor.getSnapshot().status === 'done', 30_000);
  t.match(engine.actor.getSnapshot().output, { outcome: 'failed', reason: 'restart_intensity', code: 7 });
  const deaths = engine.lines.filter(({ message }) => message === 'the engine has died');
  t.equal(deaths.length, defaultRestartPolicy.intensity + 1);
  const output = deaths[0]?.fields['output'] as string[];
  t.strictSame([output.length, output.at(-1)], [50, 'complaint 999']);
  t.equal(engine.resources.size, 0);
});

void t.test('one that dies takes with it what it has started', async (t) => {
  await using engine = rig('leaves-a-child');
  t.match(await engine.told('process.exited'), { signal: 'SIGKILL' });
  const pid = Number(engine.steps[0]);
  await eventually('the end of its child', () => !isAlive(pid));
});

void t.test('a chart that is stopped without its ladder leaves no process', async (t) => {
  await using engine = rig('deaf-to-shut-down', { name: 'deaf to SIGTERM' });
  const pid = (await engine.told('process.started'))?.pid ?? 0;
  await engine.told('process.ready');
  engine.actor.stop();
  await eventually('its end', () => !isAlive(pid));
  await eventually('its place in the list given back', () => engine.resources.size === 0);
  t.strictSame(engine.resources.names(), []);
});

void t.test('one that cannot be started at all is refused', async (t) => {
  const { execPath } = process;
  process.execPath = join(tmpdir(), 'nowhere', 'node');
  await using engine = rig('silent-when-ready');
  process.execPath = execPath;
  t.match(await engine.told('process.refused'), { reason: /ENOENT/ });
  await eventually('the end', () => engine.actor.getSnapshot().status === 'done');
  t.equal(engine.resources.size, 0);
});

void t.test('it has threads for its decodes and none of the server’s secrets', async (t) => {
  const secrets = ['GLADIA_API_KEY', 'AUTH_SECRET', 'OPENAI_API_KEY'];
  const before = secrets.map((name) => [name, process.env[name]] as const);
  t.teardown(() => before.forEach(([name, value]) => restore(name, value)));
  for (const name of secrets) process.env[name] = 'canary';
  await using engine = rig('tells-its-environment');
  await engine.told('process.ready');
  const environment = JSON.parse(engine.steps[0] ?? '{}') as Record<string, string>;
  t.ok(Number(environment['UV_THREADPOOL_SIZE']) >= 3);
  t.equal(environment['PATH'], process.env['PATH']);
  t.strictSame(
    secrets.filter((name) => name in environment),
    [],
  );
  // Seen from inside, the test runner has put its own into the child's.
  t.notOk('NODE_OPTIONS' in childEnvironment());
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

void t.test('the real one leaves when the server is gone', async (t) => {
  const program = new URL('../../actors/local-engine-child.ts', import.meta.url);
  const child = fork(program, [], { serialization: 'advanced', execArgv: [], stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  child.disconnect();
  t.strictSame(await once(child, 'exit'), [0, null]);
});

void t.test('a model that cannot be loaded: the reason is in the log, and whoever waits is told', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-damaged-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const modelConfig = { moonshine: { encoder: 'e.onnx', mergedDecoder: 'd.onnx' }, tokens: 'tokens.txt' };
  await writeFile(join(folder, 'model.json'), JSON.stringify({ kind: 'offline', language: 'de', modelConfig }));
  for (const name of ['e.onnx', 'd.onnx', 'tokens.txt']) await writeFile(join(folder, name), 'damaged');
  const lines: Line[] = [];
  const options = { model: folder, cacheDir: folder, log: recorder(lines), clock, onProgress: () => {} };
  const engine = await Engine.start(options);
  await t.rejects(engine.ready, { code: 'transcriber_unavailable', message: /restart_intensity/ });
  t.equal(engine.resources.size, 0);
  t.match(
    lines.find(({ level }) => level === 'error'),
    { message: 'the engine has failed', fields: { reason: /./ } },
  );
});
