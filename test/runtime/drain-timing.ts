import t from 'tap';
import { readConfig } from '../../runtime/config.ts';
import { CLOSE_MIN_MS, drainTiming } from '../../runtime/drain-timing.ts';
import { sessionInput } from '../../runtime/session-timing.ts';

void t.test('sessions, and what is closed after them, fit into DRAIN_MS together from 10 s on', (t) => {
  const shares = (drainMs: number) => Object.values(drainTiming(drainMs));
  t.strictSame(shares(15_000), [10_000, 5_000]);
  t.strictSame(shares(60_000), [46_500, 13_500]);
  for (let drainMs = 10_000; drainMs <= 600_000; drainMs += 997) {
    const { drainTimeoutMs, shutdownTimeoutMs } = drainTiming(drainMs);
    if (drainTimeoutMs + shutdownTimeoutMs > drainMs) t.fail(String(drainMs));
  }
  t.end();
});

void t.test('of a shorter one the sessions get half, and what is closed after them has its least time', (t) => {
  for (const drainMs of [0, 1, 4_000, 9_999]) {
    const { drainTimeoutMs, shutdownTimeoutMs } = drainTiming(drainMs);
    t.equal(drainTimeoutMs, Math.floor(drainMs / 2));
    t.equal(shutdownTimeoutMs, CLOSE_MIN_MS);
  }
  t.end();
});

void t.test('the last words of a drain leave time for viewers and log, and are never longer than FINALIZE_MS', (t) => {
  const timing = (env: Record<string, string>) => {
    const read = readConfig(env);
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    const { finalizeTimeoutMs, drainFinalizeTimeoutMs } = sessionInput(read.config).timing;
    return [finalizeTimeoutMs, drainFinalizeTimeoutMs];
  };
  t.strictSame(timing({}), [10_000, 6_500]);
  t.strictSame(timing({ DRAIN_MS: '60000' }), [10_000, 10_000]);
  t.strictSame(timing({ FINALIZE_MS: '2000' }), [2_000, 2_000]);
  t.strictSame(timing({ DRAIN_MS: '0' }), [10_000, 100]);
  t.end();
});
