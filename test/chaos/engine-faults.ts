/** What happens on the way to Gladia, and at it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Drop } from '../gladia-simulator/faults.ts';
import type { ProxyConnection } from '../support/tcp-proxy.ts';
import type { Toxic } from '../support/toxics.ts';
import { AT_ONCE, pick, untilDone, untilHolds } from './fault-kind.ts';
import type { FaultKind, FaultKinds, Outcome } from './fault-kind.ts';
import type { PlannedFault } from './schedule.ts';
import type { World } from './world.ts';

/** After so long a connection counts as healthy, and the next dial comes at once. */
const HEALTHY_MS = 6_000;
const NOTHING_LOST = 'no final is lost or doubled';

/** For a while the way of all sessions is like this. */
function way(toxic: (fault: PlannedFault) => Toxic, lastsMs: readonly [number, number]): FaultKind {
  const inject = async (world: World, fault: PlannedFault): Promise<Outcome> => {
    const heal = world.engineProxy.poison(toxic(fault));
    await pause(fault.durationMs);
    heal();
    return 'not measured';
  };
  return { promise: NOTHING_LOST, lastsMs, inject };
}

/** Connections that Gladia has let go, whether it is known yet or not. */
const letGo = new WeakSet<ProxyConnection>();

/** Gladia lets all connections go. */
function drop(how: Drop): FaultKind {
  const inject = async ({ gladia, engineProxy }: World): Promise<Outcome> => {
    if (gladia.openSockets === 0) return 'no target';
    if (how !== 'black_hole') for (const connection of engineProxy.connections) letGo.add(connection);
    gladia.dropAll(how);
    return 'not measured';
  };
  return { promise: NOTHING_LOST, lastsMs: AT_ONCE, inject };
}

/** Gladia behaves strangely, as `change` says. */
function strange(
  change: (world: World, fault: PlannedFault) => void | Promise<void>,
  lastsMs = AT_ONCE as FaultKind['lastsMs'],
): FaultKind {
  const inject = async (world: World, fault: PlannedFault): Promise<Outcome> => {
    await change(world, fault);
    return 'not measured';
  };
  return { promise: NOTHING_LOST, lastsMs, inject };
}

export const engineFaults: FaultKinds = {
  engine_reset: {
    promise: 'a healthy connection is dialled again within 0.5 s',
    boundMs: 500,
    lastsMs: AT_ONCE,
    inject: (world, fault) => {
      const victim = pickEngine(world, fault);
      if (victim === undefined) return Promise.resolve('no target');
      victim.poison({ type: 'reset_peer', timeoutMs: 0 });
      return redialled(world, victim);
    },
  },
  engine_hang: {
    promise: 'a half-open connection is found within 10 s',
    boundMs: 10_000,
    lastsMs: AT_ONCE,
    inject: async (world, fault) => {
      const victim = pickEngine(world, fault);
      if (victim === undefined) return 'no target';
      victim.poison({ type: 'timeout', timeoutMs: 0 });
      const foundMs = await untilDone(victim.clientLeft);
      victim.cut('reset');
      return foundMs;
    },
  },
  engine_freeze: {
    promise: NOTHING_LOST,
    lastsMs: [500, 5_000],
    inject: async (world, fault) => {
      const heal = pickEngine(world, fault)?.poison({ type: 'timeout', timeoutMs: 0 });
      if (heal === undefined) return 'no target';
      await pause(fault.durationMs);
      heal();
      return 'not measured';
    },
  },
  engine_limit_data: {
    promise: NOTHING_LOST,
    lastsMs: AT_ONCE,
    inject: async (world, fault) => {
      const victim = pickEngine(world, fault);
      victim?.poison({ type: 'limit_data', bytes: Math.round(fault.size * 20_000) }, 'downstream');
      return victim === undefined ? 'no target' : 'not measured';
    },
  },
  engine_down: {
    promise: 'dialled again within 12 s of its return',
    boundMs: 12_000,
    lastsMs: [500, 8_000],
    inject: async (world, fault) => {
      const runs = world.broadcasts.filter(({ isEnding }) => !isEnding);
      await world.engineProxy.down();
      await pause(fault.durationMs);
      await world.engineProxy.up();
      if (runs.length === 0) return 'no target';
      return untilHolds(() => world.engineProxy.connections.length > 0 || runs.every(({ isEnding }) => isEnding));
    },
  },
  engine_latency: way(
    ({ size }) => ({ type: 'latency', latencyMs: 100 + size * 1_400, jitterMs: size * 100 }),
    [2_000, 8_000],
  ),
  engine_bandwidth: way(({ size }) => ({ type: 'bandwidth', bytesPerSecond: 12_000 + size * 30_000 }), [2_000, 8_000]),
  engine_slicer: way(() => ({ type: 'slicer', averageBytes: 300, variationBytes: 200, delayMs: 2 }), [1_000, 6_000]),
  engine_slow_close: way(({ size }) => ({ type: 'slow_close', delayMs: 200 + size * 1_500 }), [2_000, 8_000]),
  engine_close: drop({ code: 1011 }),
  engine_no_close_frame: drop('no_close_frame'),
  engine_ends_session: drop({ code: 1000 }),
  engine_black_hole: drop('black_hole'),
  engine_nonsense: strange(
    ({ gladia }) => void gladia.faults.messages.push('no json', '{"type":"unheard_of"}', '[]', '{"type":"transcript"}'),
  ),
  engine_busy: strange(({ gladia }) => void gladia.faults.post.push({ status: 503 }, { status: 429, retryAfter: '1' })),
  engine_lost_acks: strange(({ gladia }) => void (gladia.faults.loseAcks += 10)),
  engine_late_acks: strange(
    async ({ gladia }, { durationMs }) => {
      gladia.faults.acks = 'delayed';
      await pause(durationMs);
      gladia.faults.acks = 'normal';
    },
    [1_000, 4_000],
  ),
  engine_handshakes: strange(({ gladia }) => {
    gladia.faults.handshake.push({ reset: true }, { status: 503 });
    gladia.dropAll('reset');
  }),
  engine_cut_at_end: strange(({ gladia }, { size }) => {
    const point = pick(['during_stop', 'after_stop_ack', 'before_close', 'after_post_final'] as const, size);
    if (point !== undefined) gladia.faults.drop(point, 'reset');
  }),
};

const tokenOf = ({ head }: ProxyConnection): string | undefined => /^GET \/v2\/live\?token=(\S+)/.exec(head)?.[1];

function pickEngine({ engineProxy }: World, { target }: PlannedFault): ProxyConnection | undefined {
  return pick(
    engineProxy.connections.filter((connection) => tokenOf(connection) !== undefined && !letGo.has(connection)),
    target,
  );
}

/** Until the session of a lost connection is dialled again, or over. */
async function redialled({ engineProxy, gladia }: World, lost: ProxyConnection): Promise<Outcome> {
  const token = tokenOf(lost);
  const isHealthy = performance.now() - lost.openedAtMs >= HEALTHY_MS;
  const recoveredMs = await untilHolds(() => {
    const isBack = engineProxy.connections.some((connection) => connection !== lost && tokenOf(connection) === token);
    return isBack || gladia.sessions.find((session) => session.token === token)?.state !== 'running';
  });
  return isHealthy ? recoveredMs : 'not measured';
}
