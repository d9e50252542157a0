/** Starts captiond for tests: in this process or as a program of its own, on free ports of the loopback address. */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readConfig } from '../runtime/config.ts';
import { findFfmpeg } from '../runtime/find-ffmpeg.ts';
import { createLog } from '../runtime/log.ts';
import { CaptiondServer } from '../runtime/server.ts';
import type { ServerAddresses } from '../runtime/addresses.ts';

const ANY_PORTS = { RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' };
const MAIN = new URL('../runtime/main.ts', import.meta.url).pathname;

export interface TestServer extends AsyncDisposable {
  server: CaptiondServer;
  addresses: ServerAddresses;
  /** Log lines written so far. */
  lines: string[];
  rtmpUrl(slug: string): string;
  watchUrl(slug: string, query?: string): string;
  httpUrl(path: string): string;
}

/** A server in this process with these options on top of free ports. Disposing it drains and removes its data. */
export async function startServer(options: Record<string, string> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-test-'));
  const read = readConfig({ ...ANY_PORTS, DATA_DIR: folder, ...options });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const ffmpeg = await findFfmpeg(read.config.ffmpegPath);
  if ('missing' in ffmpeg) throw new Error(ffmpeg.missing);
  const lines: string[] = [];
  const log = createLog({ level: 'debug', pretty: false, write: (line: string) => void lines.push(line) });
  const server = new CaptiondServer({ config: read.config, ffmpegPath: ffmpeg.path, log });
  const addresses = await server.start();
  return {
    server,
    addresses,
    lines,
    ...urls(addresses),
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function urls({ rtmp, http }: ServerAddresses) {
  const host = `${http.host}:${http.port}`;
  return {
    rtmpUrl: (slug: string) => `rtmp://${rtmp.host}:${rtmp.port}/live/${slug}`,
    watchUrl: (slug: string, query = '') => `ws://${host}/sessions/${slug}/live${query}`,
    httpUrl: (path: string) => `http://${host}${path}`,
  };
}

export interface Program extends AsyncDisposable {
  child: ChildProcess;
  /** Everything printed so far. */
  output: { stdout: string; stderr: string };
  /** Resolves when stdout or stderr matches; rejects when the program ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** `captiond ARGS` as a program of its own, with a data folder of its own. Disposing it kills it and removes that. */
export function runCaptiond(args: string[], env: Record<string, string> = {}): Program {
  const folder = mkdtempSync(join(tmpdir(), 'captiond-program-'));
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...ANY_PORTS, DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (output.stdout += String(data)));
  child.stderr.on('data', (data) => (output.stderr += String(data)));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return {
    child,
    output,
    exited,
    printed: (pattern) => printed({ child, output, exited }, pattern),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function printed({ child, output, exited }: Pick<Program, 'child' | 'output' | 'exited'>, pattern: RegExp) {
  return new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
      if (match !== null) resolve(match);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    void exited.then(() => reject(new Error(`ended without ${String(pattern)}: ${output.stdout}${output.stderr}`)));
    look();
  });
}
