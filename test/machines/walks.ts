/**
 * Random lives of the session chart, longer than the exhaustive proof can bound: many returns, restarts and replacements,
 * then a stop, then more at random. Shrunk to the shortest life that breaks it; `seed` and `path` replay a failure.
 */
import fc from 'fast-check';
import t from 'tap';
import { defaultRestartPolicy } from '../../machines/restart.ts';
import type { SessionInput } from '../../machines/session-setup.ts';
import { insightsInput } from '../support/proof/deadlines.ts';
import { faultsAtEnd } from '../support/proof/explore.ts';
import { sessionWorld } from '../support/proof/worlds.ts';
import type { World } from '../support/proof/world.ts';

t.setTimeout(120_000);

const input: SessionInput = {
  timing: {
    audioSilenceMs: 9_000,
    publisherGraceMs: 30_000,
    audioEndTimeoutMs: 2_000,
    finalizeTimeoutMs: 10_000,
    drainFinalizeTimeoutMs: 6_500,
  },
  decoder: {
    timing: { startTimeoutMs: 10_000, endTimeoutMs: 500, terminateTimeoutMs: 5_000, killTimeoutMs: 2_000 },
    restart: defaultRestartPolicy,
  },
  viewers: { closeTimeoutMs: 2_000, terminateTimeoutMs: 500 },
  aiLease: { timing: { leaseMs: 5_000, takeTimeoutMs: 2_000 }, lineMax: 2 },
  insights: insightsInput,
  drainClose: { code: 1012, reason: 'server_restarting' },
};
/** Last words, then viewers; ffmpeg's ladder is shorter. */
const STOP_MAX_MS = 10_000 + 2_000 + 500;
const RUNS = 1_500;

const names = [...sessionWorld(input).happenings.keys()];
const life = fc.array(fc.constantFrom(...names), { maxLength: 60 });

function live(world: World, happenings: readonly string[]): void {
  for (const name of happenings) {
    const happening = world.happenings.get(name);
    if (happening?.can() === true && isActive(world)) happening.happen();
  }
}

function isActive({ root }: World): boolean {
  return (root.getSnapshot() as { status: string }).status === 'active';
}

void t.test('whatever happens before and after a stop, the session ends in time with nothing left', (t) => {
  const property = fc.property(life, life, (before, later) => {
    const world = sessionWorld(input);
    live(world, before);
    const stoppedAtMs = world.clock.nowMs;
    world.root.send({ type: 'session.stop', reason: 'stopped' });
    live(world, later);
    while (isActive(world) && world.clock.step());
    const elapsedMs = world.clock.nowMs - stoppedAtMs;
    const faults = faultsAtEnd(world);
    if (elapsedMs > STOP_MAX_MS) faults.push(`took ${elapsedMs} ms`);
    if (faults.length > 0) throw new Error(faults.join('; '));
  });
  const result = fc.check(property, { numRuns: RUNS, endOnFailure: false });
  t.notOk(result.failed, fc.defaultReportMessage(result) ?? `seed ${result.seed}`);
  t.end();
});
