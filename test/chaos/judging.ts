/** Looks at all that was said in a run, once it is over: every promise about it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Broadcast } from './broadcast.ts';
import { within } from './broadcast.ts';
import { judgeLedger, judgeMarks } from './mark-oracle.ts';
import type { Told } from './record-keeper.ts';
import type { ChaosViewer } from './viewers.ts';
import type { Surroundings } from './surroundings.ts';

/** Until every viewer has the end, through all that is done to it. */
const VIEWERS_END_MS = 45_000;
/** A server that was just killed, or whose disk is full, has the transcript later. */
const TRIES_MAX = 10;
const RETRY_MS = 1_500;

/** Tells the oracle of everything that is not true; every viewer leaves. */
export async function judge(world: Surroundings, broadcast: Broadcast): Promise<void> {
  const { reference, viewers, name } = broadcast;
  const all = [reference, ...viewers];
  await within(VIEWERS_END_MS, Promise.all(all.map(({ keeper }) => keeper.ended)));
  const { records: kept } = reference.keeper;
  const transcript = await transcriptOf(world, broadcast);
  const speech = { records: kept, stays: broadcast.speaker.stays, firstName: broadcast.speaker.firstName };
  const faults = [
    ...all.flatMap((viewer) => viewerFaults(viewer, transcript.records)),
    ...transcript.faults,
    ...cutFaults(world, broadcast),
    ...judgeLedger(kept),
    ...judgeMarks(speech),
  ];
  for (const fault of faults) world.oracle.breach(name, fault);
  world.options.onJudged({ name, faults, stays: speech.stays, firstName: speech.firstName, records: kept });
  count(world, all);
  for (const viewer of all) viewer.leave();
}

/** A viewer that has the end has everything; whoever watches a later run already has at least nothing else. */
function viewerFaults({ name, keeper }: ChaosViewer, transcript: readonly Told[]): string[] {
  const { records, faults, isEnded, isSuperseded } = keeper;
  const told = records.filter(({ type }) => type !== 'session_end');
  const expected = isEnded && !isSuperseded ? transcript : transcript.slice(0, told.length);
  const at = expected.findIndex((record, index) => JSON.stringify(record) !== JSON.stringify(told[index]));
  const isOther = at !== -1 || told.length !== expected.length;
  const lengths = `${told.length} of ${expected.length} records`;
  return [
    ...faults.map((fault) => `${name}: ${fault}`),
    ...(isEnded ? [] : [`${name} never got the end; it has ${lengths}`]),
    ...(isOther ? [`${name} has another record ${at + 1} than the transcript; it has ${lengths}`] : []),
  ];
}

/** Nothing was done to the reference viewer: only with the server itself may it have lost its connection. */
function cutFaults({ server }: Surroundings, { reference, killsBefore }: Broadcast): string[] {
  const { attaches } = reference.keeper;
  const cuts = attaches - 1 - (server.kills - killsBefore);
  return cuts > 0 ? [`a viewer that nothing was done to was cut ${cuts} times`] : [];
}

async function transcriptOf(
  { server }: Surroundings,
  { slug, epoch }: Broadcast,
): Promise<{ records: Told[]; faults: string[] }> {
  const url = server.url(`/sessions/${slug}/transcript.json?epoch=${epoch}`);
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      const { records, complete } = (await answer.json()) as { records?: Told[]; complete?: boolean };
      if (records === undefined) throw new Error(`HTTP ${answer.status}`);
      return { records, faults: complete === true ? [] : ['the transcript is not complete'] };
    } catch (error) {
      if (tries === TRIES_MAX) return { records: [], faults: [`there is no transcript: ${String(error)}`] };
      await pause(RETRY_MS);
    }
  }
}

function count({ oracle: { checked } }: Surroundings, viewers: readonly ChaosViewer[]): void {
  checked.runs += 1;
  checked.viewers += viewers.length;
  checked.superseded += viewers.filter(({ keeper }) => keeper.isSuperseded).length;
  for (const { keeper } of viewers) checked.records += keeper.records.length;
  for (const { type, words = [] } of viewers[0]?.keeper.records ?? []) {
    if (type === 'gap') checked.gaps += 1;
    if (type === 'transcript_final') checked.finals += 1;
    checked.words += words.length;
  }
}
