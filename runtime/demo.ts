/**
 * `captiond demo`: the whole way in one command. Starts the server on loopback, publishes recorded speech to it over
 * RTMP in real time, looped, and prints the captions that a viewer gets.
 */
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from './config.ts';
import { findFfmpeg } from './find-ffmpeg.ts';
import { freePorts } from './free-ports.ts';
import { joinWav } from './join-wav.ts';
import { serve } from './serve.ts';
import type { ServerAddresses } from './addresses.ts';
import type { CaptiondServer } from './server.ts';
import { CaptionPrinter } from './caption-printer.ts';
import { Viewer } from './client/viewer.js';

const SLUG = 'demo';
const SPEECH = ['jfk', 'sense-0870', 'sense-0880', 'sense-0890', 'sense-0920', 'sense-0930'];
const SPEECH_FOLDER = new URL('../test/fixtures/speech/', import.meta.url);
/** Pause between two clips, in milliseconds. */
const PAUSE_MS = 1_000;

/** Runs the demo until a signal ends it; resolves with the exit code. */
export async function demo(env: NodeJS.ProcessEnv): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-demo-'));
  const speech = join(folder, 'speech.wav');
  const clips = await Promise.all(SPEECH.map((name) => readFile(new URL(`${name}.wav`, SPEECH_FOLDER))));
  await writeFile(speech, joinWav(clips, PAUSE_MS));
  const stop = new AbortController();
  try {
    return await serve(await demoEnvironment(env, folder), {
      onReady: (server, addresses) => {
        announce(addresses);
        void publish(env, speech, addresses, stop.signal);
        watch(server, addresses, stop.signal);
      },
    });
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Not for the demo: it is on loopback, for whoever sits here. Set to nothing, an option has its default. */
const closedDoor = {
  ...{ RTMP_HOST: '', HTTP_HOST: '', ADMIN_HOST: '' },
  ...{ AUTH_SECRET: '', AUTH_HOOK_URL: '', TLS_CERT_FILE: '', TLS_KEY_FILE: '' },
};

/** The user's options, on loopback, with quiet logs, the demo's own data folder and free ports where theirs are taken. */
async function demoEnvironment(env: NodeJS.ProcessEnv, folder: string): Promise<NodeJS.ProcessEnv> {
  const own = { ...env, ...closedDoor };
  return { LOG_LEVEL: 'warn', DATA_DIR: folder, ...own, ...(await freePorts(own)) };
}

function announce({ rtmp, http, admin }: ServerAddresses): void {
  const base = `http://${http.host}:${http.port}`;
  process.stdout.write(
    [
      'captiond demo: recorded speech is published over RTMP and transcribed on this machine.',
      '',
      `  watch    ${base}/watch/${SLUG}`,
      `  home     ${base}/`,
      `  inspect  http://${admin.host}:${admin.port}/inspect`,
      `  publish  rtmp://${rtmp.host}:${rtmp.port}/live/SLUG   (your own stream, beside this one)`,
      '',
      'Ctrl-C ends it.',
      '',
      '',
    ].join('\n'),
  );
}

async function publish(
  env: NodeJS.ProcessEnv,
  speech: string,
  { rtmp }: ServerAddresses,
  signal: AbortSignal,
): Promise<void> {
  const read = readConfig(env);
  const ffmpeg = await findFfmpeg(read.ok ? read.config.ffmpegPath : undefined);
  if ('missing' in ffmpeg) return;
  const url = `rtmp://${rtmp.host}:${rtmp.port}/live/${SLUG}`;
  const encoder = ['-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-f', 'flv', url];
  const args = ['-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', speech, ...encoder];
  await execa(ffmpeg.path, args, { cancelSignal: signal, reject: false, stdin: 'ignore', buffer: false });
}

function watch(server: CaptiondServer, { http }: ServerAddresses, signal: AbortSignal): void {
  const printer = new CaptionPrinter(process.stdout);
  const viewer = new Viewer({
    url: `ws://${http.host}:${http.port}/sessions/${SLUG}/live`,
    listeners: { partial: (said) => printer.partial(said), final: (said) => printer.final(said) },
  });
  signal.addEventListener('abort', () => viewer.close(), { once: true });
  void server.closed.then(() => {
    viewer.close();
    printer.end();
  });
}
