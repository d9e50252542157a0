/** What captiond's way from RTMP to PCM is compared with: ffmpeg as an RTMP server of its own, with its defaults. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ffmpegPath } from '../support/audio-tags.ts';

export interface PeerDecoder {
  port: number;
  /** Told of every block of PCM. */
  onPcm: (pcm: Buffer) => void;
  stop(): Promise<void>;
}

/** Starts `ffmpeg -listen 1 -i rtmp://…` and waits until it listens. */
export async function startPeerDecoder(name: string): Promise<PeerDecoder> {
  const port = await freePort();
  const url = `rtmp://127.0.0.1:${port}/live/${name}`;
  const output = ['-vn', '-ac', '1', '-ar', '16000', '-f', 's16le', 'pipe:1'];
  const args = ['-nostdin', '-loglevel', 'error', '-listen', '1', '-i', url, ...output];
  const child = spawn(ffmpegPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  const peer: PeerDecoder = {
    port,
    onPcm: () => {},
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
  child.stdout.on('data', (pcm: Buffer) => peer.onPcm(pcm));
  // It listens for one connection only, so it cannot be asked whether it does.
  await pause(500);
  return peer;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
