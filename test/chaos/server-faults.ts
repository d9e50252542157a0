/** What happens to the server's process and to its disk. */
import { AT_ONCE, untilDone, untilHolds } from './fault-kind.ts';
import type { FaultKinds } from './fault-kind.ts';
import { isThere } from './proc.ts';
import type { ChildFact } from './proc.ts';
import type { World } from './world.ts';

/** Longest rest of the log between two tries, and one try. */
const LOG_SOUND_MS = 7_000;
/** For the children of a killed server. */
const ORPHANS_MS = 5_000;
/** Kills come early: what is measured of memory is that of one process. */
const KILLS_UNTIL_MS = 60_000;

export const serverFaults: FaultKinds = {
  disk_slow: {
    promise: 'captions go on; all is durable within 7 s of its return',
    boundMs: LOG_SOUND_MS,
    lastsMs: [500, 6_000],
    perMinute: { limit: 'disk', count: 3 },
    inject: ({ disk }, { durationMs }) => disk.lockFor(durationMs),
  },
  disk_full: {
    promise: 'captions go on; all is durable within 7 s of its return',
    boundMs: LOG_SOUND_MS,
    lastsMs: [500, 6_000],
    perMinute: { limit: 'disk', count: 3 },
    inject: ({ disk }, { durationMs }) => disk.fullFor(durationMs),
  },
  server_stall: {
    promise: 'no viewer is cut for a stall of the server; it answers within 1 s',
    boundMs: 1_000,
    isOfServer: true,
    lastsMs: [500, 4_000],
    inject: async ({ server, broadcasts }, { durationMs }) => {
      for (const { speaker } of broadcasts) speaker.doubt();
      await server.stopFor(durationMs);
      return untilDone(fetch(server.url('/healthz')).then((answer) => answer.text()));
    },
  },
  server_kill: {
    promise: 'what any viewer saw is there again within 5 s of the start, and its run is ended',
    boundMs: 5_000,
    isOfServer: true,
    lastsMs: AT_ONCE,
    perMinute: { limit: 'kills', count: 1 },
    untilMs: KILLS_UNTIL_MS,
    inject: (world) =>
      world.disk.alone(async () => {
        const { server, broadcasts } = world;
        await Promise.all(broadcasts.map(({ speaker }) => speaker.leave()));
        const children = await server.children();
        await server.killAndBegin();
        await orphansGone(world, children);
        return untilHolds(() => broadcasts.every(({ reference }) => reference.keeper.isEnded));
      }),
  },
};

/** Children of a server that was killed end by themselves; one that was stopped has to be woken for it. */
async function orphansGone({ oracle }: World, children: readonly ChildFact[]): Promise<void> {
  const left = (): ChildFact[] => children.filter(({ pid, name }) => isThere(pid, name));
  for (const { pid } of left()) process.kill(pid, 'SIGCONT');
  const tookMs = await untilHolds(() => left().length === 0);
  if (tookMs > ORPHANS_MS) oracle.breach('server_kill', `its children were there for ${Math.round(tookMs)} ms`);
}
