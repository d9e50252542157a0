import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { eventually, isAlive } from '../support/processes.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { clips } from '../support/speech.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const SESSIONS = 300;
const AT_ONCE = 6;
/** Every so manieth session's ffmpeg is stopped, so that only SIGKILL ends it. */
const HUNG_EVERY = 12;

const [clip] = clips;
if (clip === undefined) throw new Error('no clip');
const tags = aacTags(clip.path, '-ar', '48000').slice(0, 20);

/** Publishes for a moment, hangs the decoder when asked, and waits until the session is gone. Returns its ffmpeg's pid. */
async function session(server: TestServer, slug: string, isHung: boolean): Promise<number> {
  const publisher = await publishRtmp({ port: server.addresses.rtmp.port, name: slug });
  const live = server.server.registry.live(slug);
  if (live === undefined) throw new Error('no session');
  for (const tag of tags) publisher.sendAudio(tag.body, tag.timestampMs);
  await eventually('PCM', () => live.intake.source.headSample > 0);
  const pid = Number(live.resources.names()[0]?.split(' ')[1]);
  if (isHung) process.kill(pid, 'SIGSTOP');
  await publisher.close();
  await live.closed;
  return pid;
}

async function churn(server: TestServer, count: number, name: string): Promise<number[]> {
  const pids: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      pids.push(await session(server, `${name}-${index}`, index % HUNG_EVERY === 0));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return pids;
}

function heapBytes(): number {
  for (let round = 0; round < 4; round += 1) collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** What keeps a Node process alive, by kind. */
function resources(): string[] {
  return process.getActiveResourcesInfo().toSorted();
}

t.setTimeout(300_000);

void t.test(
  `after ${SESSIONS} sessions, some with hung decoders, no child, socket or timer is left and the heap is flat`,
  { timeout: 300_000 },
  async (t) => {
    const options = { FFMPEG_STOP_MS: '200', RETENTION_HOURS: '0', MAX_SESSIONS: '50' };
    await using server = await startServer(options);
    await churn(server, 60, 'warm');
    server.lines.length = 0;
    const heapBefore = heapBytes();
    const before = resources();
    const pids = await churn(server, SESSIONS, 'run');
    server.lines.length = 0;
    t.equal(pids.length, SESSIONS);
    t.strictSame(pids.filter(isAlive), [], 'every ffmpeg is gone');
    t.equal(server.server.registry.size, 0);
    t.equal(server.server.registry.leftovers, 0, 'no actor left anything to the last resort');
    await eventually('the handles of before', () => resources().length <= before.length);
    t.strictSame(resources(), before);
    const growth = heapBytes() / heapBefore - 1;
    t.ok(growth <= 0.05, `the heap grew by ${(growth * 100).toFixed(1)} %`);
  },
);
