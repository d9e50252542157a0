/** nginx with its module nchan, one worker: messages are posted to it, viewers come over WebSockets. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findNchan } from './peers.ts';
import type { NchanFiles } from './peers.ts';
import type { ServerKind } from './server-kind.ts';
import { stopProcess } from './stop-process.ts';

const STARTS_MAX = 50;
const START_LOOK_MS = 100;
/** Ports below the ephemeral ones, one after the other. */
const FIRST_PORT = 21_000;
let started = 0;

/** The row of nchan. */
export function nchan(folder: string): ServerKind {
  const files = findNchan(folder);
  return {
    name: 'nchan',
    ...(files === undefined && { missing: 'not installed' }),
    start: async (command, options) => {
      if (files === undefined) throw new Error('nchan is not installed.');
      const port = FIRST_PORT + (process.pid % 1_000) + (started += 1);
      await mkdir(join(options.folder, 'logs'), { recursive: true });
      const path = join(options.folder, 'nginx.conf');
      await writeFile(path, configuration(files, port, options.folder));
      const [first, ...others] = [...command, files.nginx, '-c', path, '-p', options.folder];
      const child = spawn(first, others, { stdio: 'ignore' });
      await listening(port);
      return {
        pids: [child.pid ?? 0, ...(await childrenOf(child.pid ?? 0))],
        load: { path: '/v?s=s%d', post: '/p?s=s%d', feed: 'posts', port, ingest: port },
        watchStalls: () => {},
        stallMs: () => Promise.resolve(Number.NaN),
        stop: () => stopProcess(child),
      };
    },
  };
}

function configuration({ module }: NchanFiles, port: number, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
load_module ${module};
worker_processes 1; daemon off; user root; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 18000; }
http {
  access_log off; nchan_shared_memory_size 128M;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} backlog=4096; keepalive_requests 100000000;
    location = /v {
      nchan_subscriber websocket; nchan_channel_id $arg_s; nchan_websocket_ping_interval 0;
      nchan_subscriber_first_message newest;
    }
    location = /p {
      nchan_publisher http; nchan_channel_id $arg_s; nchan_message_buffer_length 20; nchan_message_timeout 10s;
    }
  }
}
`;
}

async function listening(port: number): Promise<void> {
  for (let look = 0; look < STARTS_MAX; look += 1) {
    const isUp = await new Promise((resolve) => {
      const probe = connect(port, '127.0.0.1', () => {
        probe.destroy();
        resolve(true);
      });
      probe.on('error', () => resolve(false));
    });
    if (isUp === true) return;
    await pause(START_LOOK_MS);
  }
  throw new Error('nginx did not start.');
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').flatMap((word) => (word.trim() === '' ? [] : [Number(word)]));
}
