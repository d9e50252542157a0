/** One run of the fault suite, from the seed to the verdict. */
import { seededRandom } from '../support/seeded-random.ts';
import type { FaultKind } from './fault-kind.ts';
import { FaultRun } from './fault-run.ts';
import type { FaultCount } from './fault-run.ts';
import { faultKinds, noFaults } from './kinds.ts';
import { MemoryWatch } from './memory.ts';
import type { MemoryVerdict } from './memory.ts';
import type { Breach, Oracle } from './oracle.ts';
import { scheduleOf } from './schedule.ts';
import type { PlannedFault } from './schedule.ts';
import { judgeLeftovers, openAtStart, settle } from './settling.ts';
import type { Leftovers } from './settling.ts';
import type { JudgedRun } from './surroundings.ts';
import { SPEECH_MAX_MS } from './talk.ts';
import { World } from './world.ts';

export interface ChaosOptions {
  seed: number;
  lengthMs: number;
  /** No faults, many sessions. */
  isSoak: boolean;
  sessions: number;
  viewersEach: number;
  /** Only these kinds. */
  only?: readonly string[] | undefined;
  onLine: (line: string) => void;
  /** Each run, when it has been looked at. */
  onJudged?: (run: JudgedRun) => void;
}

export interface ChaosResult {
  options: ChaosOptions;
  breaches: Breach[];
  checked: Oracle['checked'];
  counts: ReadonlyMap<string, FaultCount>;
  kinds: ReadonlyMap<string, FaultKind>;
  /** What was done, in order. */
  begun: PlannedFault[];
  memory: MemoryVerdict;
  leftovers: Leftovers | undefined;
  /** Everything that the server has logged. */
  log: string;
}

/** A run of a session among faults is short, so that there are many. */
const LIFE_MS = 45_000;
/** In a soak it is as long as its words last. */
const SOAK_LIFE_MS: number = SPEECH_MAX_MS * 0.7;

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, lengthMs, isSoak, sessions, viewersEach, onLine } = options;
  const kinds = kindsOf(options);
  const schedule = scheduleOf(seed, lengthMs, kinds);
  await using world = await World.build({
    stages: sessions,
    viewersEach,
    lifeMs: isSoak ? SOAK_LIFE_MS : LIFE_MS,
    random: seededRandom(seed + 1_000_003),
    onBreach: onLine,
    onJudged: options.onJudged ?? (() => {}),
  });
  const filesBefore = await openAtStart(world);
  const memory = new MemoryWatch(world.server);
  const run = new FaultRun(world, kinds);
  world.begin();
  await run.play(schedule, lengthMs);
  const verdict = await memory.stop();
  const leftovers = world.server.isRunning ? await end(world, filesBefore) : undefined;
  if (!verdict.isFlat)
    world.oracle.breach('memory', `the heap grows by ${verdict.heap.slope?.perHour.toFixed(1)} MB an hour`);
  const { breaches, checked } = world.oracle;
  const { counts, begun } = run;
  return { options, breaches, checked, counts, kinds, begun, memory: verdict, leftovers, log: world.server.log };
}

async function end(world: World, filesBefore: readonly string[]): Promise<Leftovers> {
  await world.end();
  const leftovers = await settle(world, filesBefore);
  judgeLeftovers(world, leftovers);
  return leftovers;
}

function kindsOf({ isSoak, only }: ChaosOptions): ReadonlyMap<string, FaultKind> {
  if (isSoak) return noFaults;
  if (only === undefined) return faultKinds;
  return new Map([...faultKinds].filter(([kind]) => only.includes(kind)));
}
