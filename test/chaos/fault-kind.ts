/** A kind of fault: how it is done, what is promised about it, and how its end is told. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Broadcast } from './broadcast.ts';
import type { PlannedFault, PlanRules } from './schedule.ts';
import type { World } from './world.ts';

/** Milliseconds until it was over, if that is measured; nothing was there that it could be done to. */
export type Outcome = number | 'not measured' | 'no target';

export interface FaultKind extends PlanRules {
  /** What has to be true, besides nothing being lost, doubled or left. */
  promise: string;
  /** Longest recovery. */
  boundMs?: number;
  /** Is it the server itself that is held up? */
  isOfServer?: true;
  inject: (world: World, fault: PlannedFault) => Promise<Outcome>;
}

export type FaultKinds = Record<string, FaultKind>;

/** A moment. */
export const AT_ONCE = [0, 0] as const;
/** A recovery that has not come after this is not waited for. */
const RECOVERY_MAX_MS = 40_000;
const LOOK_MS = 20;

/** One of them, by a number from 0 to below 1. */
export function pick<Each>(from: readonly Each[], target: number): Each | undefined {
  return from[Math.floor(target * from.length)];
}

/** A run that goes on and is not being ended. */
export function pickBroadcast(world: World, target: number): Broadcast | undefined {
  return pick(
    world.broadcasts.filter(({ isEnding }) => !isEnding),
    target,
  );
}

/** How long it takes until something holds; longer than any bound when it never does. */
export async function untilHolds(holds: () => boolean | Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  while (!(await holds()) && performance.now() - startMs < RECOVERY_MAX_MS) await pause(LOOK_MS);
  return performance.now() - startMs;
}

/** The same for a promise. */
export async function untilDone(promise: Promise<unknown>): Promise<number> {
  let isDone = false;
  void promise.then(() => (isDone = true));
  return untilHolds(() => isDone);
}
