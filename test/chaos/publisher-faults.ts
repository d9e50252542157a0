/** What happens to publishers and their connections. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Toxic } from '../support/toxics.ts';
import type { Broadcast } from './broadcast.ts';
import { AT_ONCE, pick, pickBroadcast, untilDone, untilHolds } from './fault-kind.ts';
import type { FaultKind, FaultKinds, Outcome } from './fault-kind.ts';
import type { PlannedFault } from './schedule.ts';
import type { World } from './world.ts';

const RETURN = 'the session goes on within 1 s of the return';
const BACK_MS = 1_000;
/** A connection hangs for this long before somebody takes over. */
const HANG_MS = 1_000;

/** The way of one publisher is like this for a while; what arrives of it is not known, its sound is not lost silently. */
function way(toxic: (fault: PlannedFault) => Toxic, lastsMs: readonly [number, number]): FaultKind {
  const inject = async (world: World, fault: PlannedFault): Promise<Outcome> => {
    const speaker = pickBroadcast(world, fault.target)?.speaker;
    const heal = speaker?.connection?.poison(toxic(fault), 'upstream');
    if (speaker === undefined || heal === undefined) return 'no target';
    speaker.doubt();
    await pause(fault.durationMs);
    heal();
    return 'not measured';
  };
  return { promise: 'the session goes on', lastsMs, inject };
}

/** The publisher's connection breaks, and it comes back. */
function lost(lose: (broadcast: Broadcast) => void): FaultKind {
  const inject = async (world: World, fault: PlannedFault): Promise<Outcome> => {
    const broadcast = pickBroadcast(world, fault.target);
    if (broadcast?.speaker.connection === undefined) return 'no target';
    const before = broadcast.speaker.connection;
    lose(broadcast);
    await untilHolds(() => returned(broadcast, before) || broadcast.isEnding);
    return untilHolds(() => broadcast.reference.keeper.state !== 'publisher_lost' || broadcast.isEnding);
  };
  return { promise: RETURN, boundMs: BACK_MS, lastsMs: AT_ONCE, inject };
}

function returned({ speaker }: Broadcast, before: unknown): boolean {
  return speaker.connection !== undefined && speaker.connection !== before;
}

export const publisherFaults: FaultKinds = {
  publisher_reset: lost(({ speaker }) => void speaker.connection?.poison({ type: 'reset_peer', timeoutMs: 0 })),
  publisher_killed: lost(({ speaker }) => speaker.vanish()),
  publisher_slow_close: lost(({ speaker }) => {
    speaker.connection?.poison({ type: 'slow_close', delayMs: 1_500 });
    speaker.vanish();
  }),
  publisher_limit_data: way(({ size }) => ({ type: 'limit_data', bytes: Math.round(size * 8_000) }), [2_000, 4_000]),
  publisher_half_open: {
    promise: 'the next one of the same credential takes over within 1 s, and the old connection is gone',
    boundMs: BACK_MS,
    lastsMs: AT_ONCE,
    inject: async (world, fault) => {
      const broadcast = pickBroadcast(world, fault.target);
      const old = broadcast?.speaker.connection;
      if (broadcast === undefined || old === undefined) return 'no target';
      old.poison({ type: 'timeout', timeoutMs: 0 });
      broadcast.speaker.doubt();
      await pause(HANG_MS);
      broadcast.speaker.takeOver();
      await untilHolds(() => returned(broadcast, old) || broadcast.isEnding);
      const tookMs = await untilDone(old.targetLeft);
      old.cut('reset');
      return broadcast.isEnding ? 'not measured' : tookMs;
    },
  },
  publisher_down: {
    promise: RETURN,
    lastsMs: [300, 4_000],
    inject: async (world, fault) => {
      const stage = pick(
        world.stages.filter(({ current }) => current?.isEnding === false),
        fault.target,
      );
      if (stage?.proxy === undefined) return 'no target';
      await stage.proxy.down();
      await pause(fault.durationMs);
      await stage.proxy.up();
      return 'not measured';
    },
  },
  publisher_freeze: way(() => ({ type: 'timeout', timeoutMs: 0 }), [300, 4_000]),
  publisher_latency: way(
    ({ size }) => ({ type: 'latency', latencyMs: size * 1_000, jitterMs: size * 300 }),
    [2_000, 6_000],
  ),
  publisher_bandwidth: way(({ size }) => ({ type: 'bandwidth', bytesPerSecond: 6_000 + size * 8_000 }), [2_000, 6_000]),
  publisher_slicer: way(() => ({ type: 'slicer', averageBytes: 60, variationBytes: 50, delayMs: 1 }), [1_000, 5_000]),
  run_ends: {
    promise: 'all finals, then session_end, then the next run',
    lastsMs: AT_ONCE,
    inject: (world, fault) => ended(world, fault, 'publisher'),
  },
  run_deleted: {
    promise: 'all finals, then session_end, then the next run',
    lastsMs: AT_ONCE,
    inject: (world, fault) => ended(world, fault, 'delete'),
  },
};

async function ended(world: World, { target }: PlannedFault, how: 'publisher' | 'delete'): Promise<Outcome> {
  const broadcast = pickBroadcast(world, target);
  if (broadcast === undefined) return 'no target';
  await broadcast.end(how);
  return 'not measured';
}
