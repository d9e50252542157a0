/** The servers of the fan-out benchmark, each started as a process of its own for one run. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildFact, ChildRequest } from './child.ts';
import { nchan } from './nchan.ts';
import { socketIoVersion } from './peers.ts';
import type { RunningServer, ServerKind } from './server-kind.ts';
import { stopProcess } from './stop-process.ts';

const START_TIMEOUT_MS = 30_000;

/** Every server, whether it can be run here or not. */
export function serverKinds(peers: string): ServerKind[] {
  const version = socketIoVersion(peers);
  const socketIo = { dialect: 'socket.io', path: '/socket.io/?EIO=4&transport=websocket&s=s%d' };
  return [
    nodeServer('captiond', 'captiond-child.ts', { path: '/sessions/s%d/live', protocol: 'captiond.v2' }),
    nodeServer('naive ws', 'naive-child.ts', { path: '/v?s=s%d' }),
    {
      ...nodeServer('Socket.IO', 'socket-io-child.ts', socketIo),
      ...(version === undefined && { missing: 'not installed' }),
    },
    nchan(peers),
  ];
}

function nodeServer(name: string, file: string, load: RunningServer['load']): ServerKind {
  const program = fileURLToPath(new URL(file, import.meta.url));
  return {
    name,
    start: async (command, options) => {
      const words = [...command, process.execPath, program, JSON.stringify(options)];
      const [first = '', ...others] = words;
      const child = spawn(first, others, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      const { port, ingest } = await ready(child, name);
      const ask = (request: ChildRequest): void => void child.send(request);
      return {
        pids: [child.pid ?? 0],
        load: { ...load, port, ingest },
        watchStalls: () => ask('watch stalls'),
        stallMs: async () => {
          ask('tell stalls');
          const fact = await nextFact(child);
          return fact.type === 'stall' ? fact.ms : Number.NaN;
        },
        stop: () => stopProcess(child),
      };
    },
  };
}

async function ready(child: ChildProcess, name: string): Promise<ChildFact & { type: 'ready' }> {
  let errors = '';
  child.stderr?.on('data', (data) => (errors = `${errors}${String(data)}`.slice(-4_000)));
  try {
    const fact = await nextFact(child);
    if (fact.type === 'ready') return fact;
    throw new Error(`it told ${fact.type}`);
  } catch (error) {
    await stopProcess(child);
    throw new Error(`${name} did not start: ${String(error)} ${errors}`, { cause: error });
  }
}

async function nextFact(child: ChildProcess): Promise<ChildFact> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error('It does not answer.')), START_TIMEOUT_MS);
  const ended = once(child, 'exit', { signal: limit.signal }).then(() => {
    throw new Error('It has ended.');
  });
  try {
    const [fact] = await Promise.race([once(child, 'message', { signal: limit.signal }), ended]);
    return fact as ChildFact;
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
    limit.abort();
  }
}
