/** What happens to ffmpeg. Five restarts a minute are promised to each session, so that all together get fewer. */
import { setTimeout as pause } from 'node:timers/promises';
import { processState } from '../support/processes.ts';
import { AT_ONCE, pick, untilHolds } from './fault-kind.ts';
import type { FaultKinds, Outcome } from './fault-kind.ts';
import type { PlannedFault } from './schedule.ts';
import type { World } from './world.ts';

const perMinute = { limit: 'decoder restarts', count: 4 };

export const decoderFaults: FaultKinds = {
  decoder_segv: {
    promise: 'ffmpeg is replaced within 1 s',
    boundMs: 1_000,
    lastsMs: AT_ONCE,
    perMinute,
    inject: (world, fault) => replaced(world, fault, 'SIGSEGV'),
  },
  decoder_kill: {
    promise: 'ffmpeg is replaced within 1 s',
    boundMs: 1_000,
    lastsMs: AT_ONCE,
    perMinute,
    inject: (world, fault) => replaced(world, fault, 'SIGKILL'),
  },
  decoder_hang: {
    promise: 'found within 5 s of sound going in and none coming out, ended within 5 s more',
    boundMs: 10_000,
    lastsMs: AT_ONCE,
    perMinute,
    inject: async (world, fault) => {
      const victim = await pickDecoder(world, fault);
      if (victim === undefined || !send(victim, 'SIGSTOP')) return 'no target';
      return untilHolds(async () => !(await decoders(world)).includes(victim));
    },
  },
  decoder_freeze: {
    promise: 'a moment without progress costs nothing',
    lastsMs: [300, 3_000],
    inject: async (world, fault) => {
      const victim = await pickDecoder(world, fault);
      if (victim === undefined || !send(victim, 'SIGSTOP')) return 'no target';
      await pause(fault.durationMs);
      send(victim, 'SIGCONT');
      return 'not measured';
    },
  },
};

async function replaced(world: World, fault: PlannedFault, signal: NodeJS.Signals): Promise<Outcome> {
  const before = await decoders(world);
  const victim = await pickDecoder(world, fault);
  const runs = world.broadcasts.filter(({ isEnding }) => !isEnding);
  if (victim === undefined || !send(victim, signal)) return 'no target';
  return untilHolds(async () => {
    const isNew = (await decoders(world)).some((pid) => !before.includes(pid));
    return isNew || runs.some(({ isEnding }) => isEnding);
  });
}

/** The server's ffmpeg processes. */
async function decoders({ server }: World): Promise<number[]> {
  const children = await server.children();
  return children.filter(({ name }) => name.startsWith('ffmpeg')).map(({ pid }) => pid);
}

/** One that runs: what is stopped hears no signal but SIGKILL, and another fault is not to wake it. */
async function pickDecoder(world: World, { target }: PlannedFault): Promise<number | undefined> {
  const running = (await decoders(world)).filter((pid) => processState(pid)?.state !== 'T');
  return pick(running, target);
}

/** False when it is gone already. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
