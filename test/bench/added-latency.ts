/**
 * From the last byte of an audio frame on the wire to the PCM chunk that it completes, beside ffmpeg as its own RTMP
 * server. What a chunk waits for its own audio to be spoken does not count.
 */
import { startServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { clips } from '../support/speech.ts';
import { publishPaced } from './paced-publisher.ts';
import type { SentTag } from './paced-publisher.ts';
import { startPeerDecoder } from './peer-decoder.ts';
import { figure, quantile } from './report.ts';
import type { Report } from './report.ts';

const ROUNDS = 4;
const CHUNK_SAMPLES = 1_600;
/** ffmpeg's resampler keeps 16 samples, so a chunk that ends within them needs the next frame. */
const RESAMPLER_SAMPLES = 16;
/** The start, where a process is spawned or a stream probed, is the other benchmark's matter. */
const WARM_UP_SAMPLES = 16_000 * 6;

interface Arrival {
  endSample: number;
  atMs: number;
}

export async function addedLatency(): Promise<Report> {
  const [clip] = clips;
  if (clip === undefined) throw new Error('no clip');
  const tags = aacTags(clip.path, '-ar', '48000');
  await using server = await startServer({ LOG_LEVEL: 'error' });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(...(await oursOnce(server, `warm-${round}`, tags)));
    theirs.push(...(await theirsOnce(tags)));
  }
  const row = (name: string, values: number[]): string[] => [
    name,
    ...[0.5, 0.95, 0.99].map((share) => figure(quantile(values, share), 1)),
    `${figure(quantile(values, 0.95) / quantile(ours, 0.95), 1)} ×`,
  ];
  return {
    method: `AAC at 48 kHz in real time, ${ROUNDS} × ${Math.round(clip.durationMs / 1000)} s each, in turn; chunks of 100 ms. \`npm run bench added-latency\`.`,
    head: ['audio in → PCM chunk out, beyond chunking', 'p50 ms', 'p95 ms', 'p99 ms', 'p95 against captiond'],
    rows: [row('captiond', ours), row('ffmpeg as RTMP server, defaults', theirs)],
  };
}

type Tags = ReturnType<typeof aacTags>;

async function oursOnce(server: Awaited<ReturnType<typeof startServer>>, name: string, tags: Tags): Promise<number[]> {
  const run = await publishPaced(server.addresses.rtmp.port, name, tags);
  const session = server.server.registry.live(name);
  if (session === undefined) throw new Error('no session');
  const { source } = session.intake;
  const chunks: Arrival[] = [];
  source.subscribe(() => {
    for (let end = (chunks.length + 1) * CHUNK_SAMPLES; end <= source.headSample; end += CHUNK_SAMPLES) {
      chunks.push({ endSample: end, atMs: performance.now() });
    }
  });
  await run.done;
  await session.closed;
  return latencies(chunks, run.sent);
}

async function theirsOnce(tags: Tags): Promise<number[]> {
  const peer = await startPeerDecoder('peer');
  const run = await publishPaced(peer.port, 'peer', tags);
  const chunks: Arrival[] = [];
  let samples = 0;
  peer.onPcm = (pcm) => {
    samples += pcm.length / 2;
    for (let end = (chunks.length + 1) * CHUNK_SAMPLES; end <= samples; end += CHUNK_SAMPLES) {
      chunks.push({ endSample: end, atMs: performance.now() });
    }
  };
  await run.done;
  await peer.stop();
  return latencies(chunks, run.sent);
}

function latencies(chunks: Arrival[], sent: SentTag[]): number[] {
  return chunks.flatMap(({ endSample, atMs }) => {
    if (endSample < WARM_UP_SAMPLES) return [];
    const needed = sent.find((tag) => tag.endSample >= endSample + RESAMPLER_SAMPLES);
    return needed === undefined ? [] : [atMs - needed.atMs];
  });
}
