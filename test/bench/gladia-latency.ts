/** From Gladia's final on the wire to the viewer that has it, its own delay left out: what captiond adds to the cloud engine. */
import { talkPcm } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import { collect } from '../support/transcript-collector.ts';
import { aacTags } from '../support/audio-tags.ts';
import { writeWavFile } from '../support/wav.ts';
import { publishPaced } from './paced-publisher.ts';
import { figure, quantile } from './report.ts';
import type { Report } from './report.ts';

const ROUNDS = 2;
const SENTENCES = 12;

export async function gladiaLatency(): Promise<Report> {
  await using wav = await writeWavFile(talkPcm(0, SENTENCES, 5));
  const tags = aacTags(wav.path, '-ar', '48000');
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) delays.push(...(await listen(tags)));
  return {
    method:
      `${ROUNDS} × ${SENTENCES} sentences of marked sound as AAC over RTMP in real time, through the simulated Gladia; from the moment ` +
      'at which it writes a final to the moment at which a viewer has it. `npm run bench gladia-latency`.',
    head: ['Gladia’s final → viewer', 'p50 ms', 'p95 ms', 'p99 ms'],
    rows: [['captiond', ...[0.5, 0.95, 0.99].map((share) => figure(quantile(delays, share), 1))]],
  };
}

async function listen(tags: ReturnType<typeof aacTags>): Promise<number[]> {
  await using gladia = await startGladia();
  const options = { GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none' };
  await using server = await startServer({ ...options, LOG_LEVEL: 'error' });
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  const run = await publishPaced(server.addresses.rtmp.port, 'talk', tags);
  await run.done;
  await viewer.closed;
  const said = gladia.journal.filter(({ details }) => details['kind'] === 'transcript' && details['isFinal'] === true);
  const heard = viewer.messages.filter(({ type }) => type === 'transcript_final');
  return heard.map(({ atMs }, index) => atMs - (said[index]?.atMs ?? Number.NaN)).filter(Number.isFinite);
}
