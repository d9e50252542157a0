/** From the accepted publish to the first PCM in the ledger: captiond, cold, beside ffmpeg as its own RTMP server. */
import { startServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { clips } from '../support/speech.ts';
import { publishPaced } from './paced-publisher.ts';
import { startPeerDecoder } from './peer-decoder.ts';
import { figure, median, quantile } from './report.ts';
import type { Report } from './report.ts';

const ROUNDS = 12;
/** ffmpeg's default probing takes over five seconds of audio. */
const PEER_ROUNDS = 3;
const SHORT_MS = 1_000;
const LONG_MS = 8_000;

export async function firstPcm(): Promise<Report> {
  const [clip] = clips;
  if (clip === undefined) throw new Error('no clip');
  const tags = aacTags(clip.path, '-ar', '48000');
  await using server = await startServer({ LOG_LEVEL: 'error' });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(
      await oursOnce(
        server,
        `cold-${round}`,
        tags.filter(({ timestampMs }) => timestampMs < SHORT_MS),
      ),
    );
    if (round < PEER_ROUNDS) theirs.push(await theirsOnce(tags.filter(({ timestampMs }) => timestampMs < LONG_MS)));
  }
  const row = (name: string, values: number[]): string[] => [
    name,
    figure(median(values)),
    figure(quantile(values, 0.95)),
    `${figure(median(values) / median(ours), 1)} ×`,
  ];
  return {
    method:
      `A publisher that sends AAC in real time from the moment it is accepted; ${ROUNDS} cold sessions against ${PEER_ROUNDS} runs of ` +
      '`ffmpeg -listen 1 -i rtmp://…` with its defaults, in turn. `npm run bench first-pcm`.',
    head: ['publish accepted → first PCM', 'p50 ms', 'p95 ms', 'against captiond'],
    rows: [row('captiond, ffmpeg spawned at the publish', ours), row('ffmpeg as RTMP server, defaults', theirs)],
  };
}

type Tags = ReturnType<typeof aacTags>;

async function oursOnce(server: Awaited<ReturnType<typeof startServer>>, name: string, tags: Tags): Promise<number> {
  const run = await publishPaced(server.addresses.rtmp.port, name, tags);
  const acceptedMs = performance.now();
  const source = server.server.registry.live(name)?.intake.source;
  if (source === undefined) throw new Error('no session');
  const firstMs = await new Promise<number>((resolve) => {
    const look = (): void => {
      if (source.headSample > 0) resolve(performance.now() - acceptedMs);
    };
    source.subscribe(look);
    look();
  });
  await run.done;
  await server.server.registry.live(name)?.closed;
  return firstMs;
}

async function theirsOnce(tags: Tags): Promise<number> {
  const peer = await startPeerDecoder('peer');
  const run = await publishPaced(peer.port, 'peer', tags);
  const acceptedMs = performance.now();
  const firstMs = await new Promise<number>((resolve) => {
    peer.onPcm = () => resolve(performance.now() - acceptedMs);
  });
  await run.done;
  await peer.stop();
  return firstMs;
}
