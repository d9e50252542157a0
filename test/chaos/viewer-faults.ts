/** What viewers and their connections do and suffer. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ProxyConnection } from '../support/tcp-proxy.ts';
import type { Toxic } from '../support/toxics.ts';
import { AT_ONCE, pick, pickBroadcast, untilDone, untilHolds } from './fault-kind.ts';
import type { FaultKind, FaultKinds, Outcome } from './fault-kind.ts';
import type { PlannedFault } from './schedule.ts';
import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_MAX_MISSED } from './server-program.ts';
import { NAME_HEADER } from './viewers.ts';
import type { ChaosViewer } from './viewers.ts';
import type { World } from './world.ts';

const EVERYTHING = 'it has every record once and in order';
/** Close after the last unanswered ping, and the time to answer that. */
const HALF_OPEN_MS = HEARTBEAT_INTERVAL_MS * (HEARTBEAT_MAX_MISSED + 2) + 2_000;
const NAME = new RegExp(`^${NAME_HEADER}: (\\S+)`, 'im');
const JOIN_MIN = 3;
const JOIN_MAX = 20;

interface Watching {
  viewer: ChaosViewer;
  connection: ProxyConnection;
}

/** The way of one viewer is like this for a while. */
function way(toxic: (fault: PlannedFault) => Toxic, lastsMs: readonly [number, number]): FaultKind {
  const inject = async (world: World, fault: PlannedFault): Promise<Outcome> => {
    const heal = pickViewer(world, fault)?.connection.poison(toxic(fault));
    if (heal === undefined) return 'no target';
    await pause(fault.durationMs);
    heal();
    return 'not measured';
  };
  return { promise: EVERYTHING, lastsMs, inject };
}

export const viewerFaults: FaultKinds = {
  viewer_reset: {
    promise: 'it is attached again within 1 s of its return',
    boundMs: 1_000,
    lastsMs: AT_ONCE,
    inject: async (world, fault) => {
      const victim = pickViewer(world, fault);
      if (victim === undefined) return 'no target';
      victim.connection.poison({ type: 'reset_peer', timeoutMs: 0 });
      return attached(world, victim);
    },
  },
  viewer_half_open: {
    promise: 'the server lets it go after HEARTBEAT_MAX_MISSED pings',
    boundMs: HALF_OPEN_MS,
    lastsMs: AT_ONCE,
    inject: async (world, fault) => {
      const victim = pickViewer(world, fault, '-socket-');
      if (victim === undefined) return 'no target';
      victim.connection.poison({ type: 'timeout', timeoutMs: 0 });
      const goneMs = await untilDone(victim.connection.targetLeft);
      victim.connection.cut('reset');
      return goneMs;
    },
  },
  viewer_timeout: way(({ size }) => ({ type: 'timeout', timeoutMs: 500 + size * 5_000 }), [6_000, 6_000]),
  viewer_freeze: way(() => ({ type: 'timeout', timeoutMs: 0 }), [300, 4_000]),
  viewer_latency: way(
    ({ size }) => ({ type: 'latency', latencyMs: size * 1_500, jitterMs: size * 300 }),
    [2_000, 8_000],
  ),
  viewer_bandwidth: way(({ size }) => ({ type: 'bandwidth', bytesPerSecond: 300 + size * 4_000 }), [2_000, 8_000]),
  viewer_slicer: way(() => ({ type: 'slicer', averageBytes: 20, variationBytes: 19, delayMs: 2 }), [1_000, 6_000]),
  viewer_limit_data: way(({ size }) => ({ type: 'limit_data', bytes: Math.round(size * 6_000) }), [2_000, 4_000]),
  viewer_slow_close: way(({ size }) => ({ type: 'slow_close', delayMs: size * 3_000 }), [2_000, 8_000]),
  viewer_stops_reading: {
    promise: EVERYTHING,
    lastsMs: [1_000, 8_000],
    inject: async (world, fault) => {
      const victim = pickViewer(world, fault);
      victim?.viewer.freeze(fault.durationMs);
      return victim === undefined ? 'no target' : 'not measured';
    },
  },
  viewer_process_stops: {
    promise: EVERYTHING,
    lastsMs: [500, 14_000],
    inject: async ({ viewerProcess }, { durationMs }) => {
      await viewerProcess.stopFor(durationMs);
      return 'not measured';
    },
  },
  viewers_down: {
    promise: EVERYTHING,
    lastsMs: [300, 3_000],
    inject: async ({ viewerProxy }, { durationMs }) => {
      await viewerProxy.down();
      await pause(durationMs);
      await viewerProxy.up();
      return 'not measured';
    },
  },
  viewers_join: {
    promise: EVERYTHING,
    lastsMs: AT_ONCE,
    inject: async (world, { target, size }) => {
      const broadcast = pickBroadcast(world, target);
      const count = JOIN_MIN + Math.floor(size * (JOIN_MAX - JOIN_MIN));
      for (let joined = 0; joined < count; joined += 1) broadcast?.join(joined % 2 === 0 ? 'socket' : 'events');
      return broadcast === undefined ? 'no target' : 'not measured';
    },
  },
  viewers_leave: {
    promise: 'the gauge of viewers is 0 at the end',
    lastsMs: AT_ONCE,
    inject: async (world, { target, size }) => {
      const broadcast = pickBroadcast(world, target);
      broadcast?.lose(Math.floor((size * broadcast.viewers.length) / 2));
      return broadcast === undefined ? 'no target' : 'not measured';
    },
  },
};

function pickViewer(world: World, { target }: PlannedFault, kind = '-'): Watching | undefined {
  const names = new Map(world.broadcasts.flatMap(({ viewers }) => viewers).map((viewer) => [viewer.name, viewer]));
  const watching = world.viewerProxy.connections.flatMap((connection) => {
    const name = nameOf(connection);
    const viewer = name.includes(kind) ? names.get(name) : undefined;
    return viewer === undefined ? [] : [{ viewer, connection }];
  });
  return pick(watching, target);
}

/** From a viewer's return until it is attached; whatever else is done to it or to all is its own matter. */
async function attached(world: World, { viewer, connection }: Watching): Promise<Outcome> {
  const { keeper, name } = viewer;
  const before = keeper.attaches;
  const isOver = (): boolean => keeper.attaches > before || keeper.isEnded || !isHere(world, viewer);
  const next = (): ProxyConnection | undefined =>
    world.viewerProxy.connections.find((each) => each !== connection && nameOf(each) === name);
  await untilHolds(() => isOver() || next() !== undefined);
  const back = next();
  const tookMs = await untilHolds(() => isOver() || next() !== back);
  return isOver() && back?.isPoisoned === false ? tookMs : 'not measured';
}

function nameOf({ head }: ProxyConnection): string {
  const [, name = ''] = NAME.exec(head) ?? [];
  return name;
}

/** Has it not left meanwhile? */
function isHere(world: World, viewer: ChaosViewer): boolean {
  return world.broadcasts.some(({ viewers }) => viewers.includes(viewer));
}
