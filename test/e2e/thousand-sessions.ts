/** A thousand sessions at once, without ffmpeg and engine: started and stopped in turns, and gone without a trace. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { measured, startAll, stopAll } from '../bench/sessions.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { heapBytes } from '../support/garbage.ts';
import { eventually } from '../support/processes.ts';

const SESSIONS = 1_000;
/** CPU time of one turn of the event loop. */
const BLOCKED_MAX_MS = 50;
/** What one session may take of memory, ffmpeg aside. */
const SESSION_MAX_BYTES = 3 * 1024 * 1024;

t.setTimeout(300_000);

void t.test(`${SESSIONS} sessions: others have their turns meanwhile, and nothing is left`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-thousand-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder, RETENTION_HOURS: '0' });
  const round = async (): Promise<void> => {
    const before = heapBytes();
    const start = await measured(() => startAll(server, SESSIONS));
    t.equal(server.registry.size, SESSIONS);
    const bytes = (heapBytes() - before) / SESSIONS;
    t.ok(bytes < SESSION_MAX_BYTES, `${Math.round(bytes / 1024)} KiB a session`);
    const stop = await measured(() => stopAll(server));
    for (const [what, { ms, blockedMs }] of Object.entries({ start, stop })) {
      t.ok(blockedMs < BLOCKED_MAX_MS, `${what}: blocked for ${blockedMs.toFixed(1)} ms of ${ms.toFixed(0)} ms`);
    }
    await eventually('all are gone', () => server.registry.size === 0);
    t.equal(server.registry.leftovers, 0, 'no actor left anything to the last resort');
  };
  await round();
  const resources = (): string[] => process.getActiveResourcesInfo().toSorted();
  const before = { heap: heapBytes(), resources: resources() };
  await round();
  await eventually('the handles of before', () => resources().length <= before.resources.length);
  t.strictSame(resources(), before.resources, 'no timer, socket or child is left');
  const growth = heapBytes() / before.heap - 1;
  t.ok(growth <= 0.05, `the heap grew by ${(growth * 100).toFixed(1)} %`);
  t.strictSame(server.lines, []);
});
