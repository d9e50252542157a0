/**
 * The engine's process, one run of it. What is decided about it is in `machines/process.ts`; what is said to it in
 * `local/client.ts`.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fromCallback } from 'xstate';
import type { ProcessCommand, ProcessFact } from '../machines/events.ts';
import { LineBuffer } from './line-buffer.ts';
import type { LocalEngineClient } from './local/client.ts';
import type { LocalModel } from './local/local-model.ts';
import type { FromEngine, ToEngine } from './local/protocol.ts';
import type { Log } from './ports.ts';
import { childEnvironment, holdGroup, signalGroup } from './process-group.ts';
import type { ResourceList } from './resources.ts';

const PROGRAM = new URL('local-engine-child.ts', import.meta.url);
/** Lines of the child's output kept for the log. */
const LINES_MAX = 50;
/** How often silence is looked for, in milliseconds. */
const STALL_CHECK_MS = 500;

export interface LocalEngineInput {
  client: LocalEngineClient;
  model: LocalModel;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** A ready child that says nothing for this long hangs. */
  stallMs: number;
  /** A ready child whose resident memory is larger is replaced. */
  rssMaxBytes: number;
  /** Another program than the engine's own, for tests. */
  program?: URL;
}

/** Takes every `ProcessCommand`; tells every `ProcessFact`. */
export const localEngineProcess = fromCallback<ProcessCommand, LocalEngineInput>(({ input, receive, sendBack }) => {
  const run = new EngineRun(input, sendBack);
  receive((command) => run.obey(command));
  return () => run.dispose();
});

class EngineRun {
  readonly #input: LocalEngineInput;
  readonly #tell: (fact: ProcessFact) => void;
  readonly #child: ChildProcess;
  readonly #output = new LineBuffer(LINES_MAX);
  #stallCheck: NodeJS.Timeout | undefined;
  #heardAtMs: number;
  /** Is its memory looked at? While a model is loaded it is not. */
  #isWatched = false;
  #isLeaving = false;
  #isOver = false;

  constructor(input: LocalEngineInput, tell: (fact: ProcessFact) => void) {
    this.#input = input;
    this.#tell = tell;
    this.#heardAtMs = input.nowMs();
    this.#child = fork(input.program ?? PROGRAM, [], {
      serialization: 'advanced',
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Decodes run in libuv's pool; two threads more for files and the like.
      env: { ...childEnvironment(input.resources.childMark), UV_THREADPOOL_SIZE: String(availableParallelism() + 2) },
    });
    this.#listen();
  }

  obey(command: ProcessCommand): void {
    const { pid } = this.#child;
    if (this.#isOver || pid === undefined) return;
    if (command.type === 'process.end_input') this.#endInput();
    else if (command.type === 'process.terminate') this.#child.kill('SIGTERM');
    else signalGroup(pid, 'SIGKILL');
  }

  /** The last resort when the chart is stopped without its ladder. */
  dispose(): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
  }

  #listen(): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#output.push(text));
    }
    this.#child.on('message', (message: FromEngine) => this.#heard(message));
    this.#child.on('error', (error) => this.#refused(error));
    const { pid } = this.#child;
    if (pid === undefined) return;
    const { resources } = this.#input;
    const onClosed = (code: number | null, signal: NodeJS.Signals | null): void => this.#exited(code, signal);
    holdGroup({ child: this.#child, pid, program: 'engine', resources, onClosed });
    this.#tell({ type: 'process.started', pid });
    this.#send({ type: 'load', model: this.#input.model });
  }

  #heard(message: FromEngine): void {
    if (this.#isOver) return;
    this.#heardAtMs = this.#input.nowMs();
    if (message.type === 'ready') this.#ready();
    else if (message.type === 'failed') this.#input.log.error('the engine has failed', { reason: message.reason });
    else if (message.type === 'alive') this.#checkMemory(message.rssBytes);
    else this.#input.client.heard(message);
  }

  #ready(): void {
    this.#isWatched = true;
    this.#stallCheck = setInterval(() => this.#checkStall(), STALL_CHECK_MS);
    this.#input.client.connect((message) => this.#send(message));
    this.#tell({ type: 'process.ready' });
  }

  #send(message: ToEngine): void {
    // The callback keeps a channel that closes meanwhile from throwing; the exit is told.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #endInput(): void {
    this.#isLeaving = true;
    this.#send({ type: 'shut_down' });
  }

  #refused(error: Error): void {
    if (this.#isOver || this.#child.pid !== undefined) return;
    this.#end();
    this.#tell({ type: 'process.refused', reason: error.message });
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return;
    this.#end();
    const fields = { code, signal, output: this.#output.lines() };
    if (this.#isLeaving) this.#input.log.debug('the engine has left', fields);
    else this.#input.log.warn('the engine has died', fields);
    this.#tell({ type: 'process.exited', code, signal, atMs: this.#input.nowMs() });
  }

  #checkStall(): void {
    if (this.#input.nowMs() - this.#heardAtMs < this.#input.stallMs) return;
    clearInterval(this.#stallCheck);
    this.#input.log.warn('the engine gives no sign of life', { output: this.#output.lines() });
    this.#tell({ type: 'process.stalled' });
  }

  #checkMemory(rssBytes: number): void {
    const { rssMaxBytes, log } = this.#input;
    if (!this.#isWatched || rssBytes <= rssMaxBytes) return;
    this.#isWatched = false;
    log.warn('the engine holds too much memory', { rssBytes, rssMaxBytes });
    this.#tell({ type: 'process.outgrown' });
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#stallCheck);
    this.#input.client.disconnect();
  }
}
