/** The server under test, as a program of its own that can be stopped, killed and begun again over the same folder. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runCaptiond } from '../harness.ts';
import type { Program } from '../harness.ts';
import { Debugger } from './debugger.ts';
import type { HeapFact } from './debugger.ts';
import { childrenOf, openFilesOf, rssBytesOf } from './proc.ts';
import type { ChildFact } from './proc.ts';

/** As few as is quick to test, with room for a busy machine. */
export const HEARTBEAT_INTERVAL_MS = 2_000;
export const HEARTBEAT_MAX_MISSED = 2;
export const FFMPEG_STOP_MS = 2_000;
export const DRAIN_MS = 15_000;

const usual = {
  TRANSCRIBER: 'gladia',
  TRANSCRIBER_FALLBACK: 'none',
  HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_INTERVAL_MS),
  HEARTBEAT_MAX_MISSED: String(HEARTBEAT_MAX_MISSED),
  FFMPEG_STOP_MS: String(FFMPEG_STOP_MS),
  DRAIN_MS: String(DRAIN_MS),
  PUBLISHER_GRACE_MS: '30000',
  NODE_OPTIONS: '--inspect=127.0.0.1:0',
};

export interface ServerPorts {
  rtmp: number;
  http: number;
  admin: number;
}

export interface SessionFact {
  epoch: number;
  state: string;
}

/** One metric of one set of labels. */
export interface Reading {
  name: string;
  labels: string;
  value: number;
}

export class ServerProgram {
  readonly dataDir: string;
  readonly #env: Record<string, string>;
  #program: Program | undefined;
  #debugger: Debugger | undefined;
  #ports: ServerPorts = { rtmp: 0, http: 0, admin: 0 };
  /** Of programs that are over. */
  #earlierLog = '';
  /** Times that it was killed on purpose. */
  kills = 0;
  /** Time in which it could do nothing, for it was stopped or killed. */
  awayMs = 0;

  private constructor(dataDir: string, env: Record<string, string>) {
    this.dataDir = dataDir;
    this.#env = { ...usual, ...env, DATA_DIR: dataDir };
  }

  static async start(env: Record<string, string>): Promise<ServerProgram> {
    const server = new ServerProgram(await mkdtemp(join(tmpdir(), 'captiond-chaos-')), env);
    await server.begin();
    return server;
  }

  /** Starts the program, on the ports that it had before. */
  async begin(): Promise<void> {
    const { rtmp, http, admin } = this.#ports;
    const ports = { RTMP_PORT: String(rtmp), HTTP_PORT: String(http), ADMIN_PORT: String(admin) };
    const program = runCaptiond(['serve'], { ...this.#env, ...ports });
    this.#program = program;
    const [, url = ''] = await program.printed(/Debugger listening on (ws:\S+)/);
    const port = async (line: RegExp): Promise<number> => Number((await program.printed(line))[1]);
    this.#ports = {
      rtmp: await port(/publish +rtmp:\/\/127\.0\.0\.1:(\d+)\//),
      http: await port(/home +http:\/\/127\.0\.0\.1:(\d+)\//),
      admin: await port(/metrics +http:\/\/127\.0\.0\.1:(\d+)\//),
    };
    this.#debugger = await Debugger.attach(url);
  }

  get ports(): ServerPorts {
    return this.#ports;
  }

  get pid(): number {
    return this.#running.child.pid ?? 0;
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#running.child;
    return exitCode === null && signalCode === null;
  }

  /** Everything that it has logged, across its lives. */
  get log(): string {
    return this.#earlierLog + this.#running.output.stderr;
  }

  /** SIGSTOP, and SIGCONT after the time. */
  async stopFor(durationMs: number): Promise<void> {
    this.#running.child.kill('SIGSTOP');
    await pause(durationMs);
    this.awayMs += durationMs;
    this.#running.child.kill('SIGCONT');
  }

  /** SIGKILL, and from the beginning. */
  async killAndBegin(): Promise<void> {
    this.kills += 1;
    const startMs = performance.now();
    const program = this.#running;
    program.child.kill('SIGKILL');
    await program.exited;
    this.#earlierLog += program.output.stderr;
    await program[Symbol.asyncDispose]();
    await this.begin();
    this.awayMs += performance.now() - startMs;
  }

  /** SIGTERM; how it ended and how long that took. */
  async drain(): Promise<{ code: number | null; tookMs: number }> {
    await this.#debugger?.detach();
    const startMs = performance.now();
    const { child, exited } = this.#running;
    child.kill('SIGTERM');
    const { code } = await exited;
    return { code, tookMs: performance.now() - startMs };
  }

  /** Ends it by force, with its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#debugger?.detach();
    await this.#program?.[Symbol.asyncDispose]();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  children(): Promise<ChildFact[]> {
    return childrenOf(this.pid);
  }

  openFiles(): Promise<string[]> {
    return openFilesOf(this.pid);
  }

  async memory(): Promise<{ rssBytes: number; heap: HeapFact | undefined }> {
    const heap = await this.#debugger?.heap();
    return { rssBytes: await rssBytesOf(this.pid), heap };
  }

  /** Longest file that it may write from now on; undefined: any. */
  async limitFiles(bytes: number | undefined): Promise<void> {
    await promisify(execFile)('prlimit', ['--pid', String(this.pid), `--fsize=${bytes ?? 'unlimited'}:unlimited`]);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#ports.http}${path}`;
  }

  /** The newest run of a name; undefined when there is none, or no answer. */
  async session(slug: string): Promise<SessionFact | undefined> {
    try {
      const answer = await fetch(this.url(`/sessions/${slug}`), { signal: AbortSignal.timeout(5_000) });
      return answer.ok ? ((await answer.json()) as SessionFact) : undefined;
    } catch {
      return undefined;
    }
  }

  async readings(): Promise<Reading[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.admin}/metrics`, { signal: AbortSignal.timeout(5_000) });
    const lines = (await answer.text()).split('\n');
    return lines.flatMap((line) => {
      const [, name, labels = '', value] = /^(\w+)(\{[^}]*\})? ([\d.e+-]+)/.exec(line) ?? [];
      return name === undefined ? [] : [{ name, labels, value: Number(value) }];
    });
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error('the server has not been started');
    return this.#program;
  }
}
