/**
 * The fan-out to many viewers, side by side: captiond, a loop over `ws`, Socket.IO, nchan, each in turn in every round.
 *
 * `node test/bench/fan-out.ts [--rounds 3] [--only W1,W6] [--servers captiond,nchan]
 * [--viewers-scale 0.1] [--peers FOLDER]`; Linux alone. FOLDER
 * is where `socket.io` was installed. Nothing else should run on the machine meanwhile.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileLoad } from './fan-out/load.ts';
import { defaultOptions, readOptions } from './fan-out/options.ts';
import type { FanOutOptions } from './fan-out/options.ts';
import { canPin, runRound } from './fan-out/rounds.ts';
import type { Bench, Round } from './fan-out/rounds.ts';
import { serverKinds } from './fan-out/servers.ts';
import type { ServerKind } from './fan-out/server-kind.ts';
import { head, remarks, rowsOf } from './fan-out/table.ts';
import { workloads } from './fan-out/workloads.ts';
import type { Workload } from './fan-out/workloads.ts';
import { markdown } from './report.ts';
import type { Report } from './report.ts';

/** Open files of a process beside its viewers. */
const OTHER_FILES = 200;

/** The benchmark as `run.ts` runs it. */
export function fanOut(): Promise<Report> {
  return measure(defaultOptions);
}

async function measure(options: FanOutOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-fan-out-'));
  try {
    const servers = serverKinds(options.peers).filter(({ name }) => options.servers.includes(name));
    const { peers } = options;
    const viewersScale = await affordable(options.viewersScale, options.only);
    const isPinned = canPin(hasProgram('taskset'));
    const bench: Bench = { program: await compileLoad(folder), folder, peers, isPinned, viewersScale };
    const rows: string[][] = [];
    for (const workload of workloads.filter(({ id }) => options.only.includes(id))) {
      rows.push(...(await runWorkload(bench, workload, { servers, rounds: options.rounds })));
    }
    return { method: method(options.rounds, bench), head: head(servers), rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runWorkload(
  bench: Bench,
  workload: Workload,
  { servers, rounds }: { servers: readonly ServerKind[]; rounds: number },
): Promise<string[][]> {
  const present = servers.filter(({ missing }) => missing === undefined);
  const done: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`${workload.id} (${workload.title}), round ${round + 1} of ${rounds}\n`);
    done.push(await runRound(bench, workload, present));
  }
  for (const remark of remarks(done)) process.stderr.write(`  ${remark}\n`);
  const rows = rowsOf(workload, done, servers);
  for (const row of rows) process.stderr.write(`  ${row.join(' | ')}\n`);
  return rows;
}

/** As many viewers as this process may open files, and says so when they are fewer. */
async function affordable(scale: number, only: readonly string[]): Promise<number> {
  const wanted = Math.max(...workloads.filter(({ id }) => only.includes(id)).map(({ load }) => load.viewers)) * scale;
  const limits = await readFile('/proc/self/limits', 'utf8');
  const files = Number(/Max open files\s+\d+\s+(\d+)/.exec(limits)?.[1] ?? Infinity);
  if (wanted + OTHER_FILES <= files) return scale;
  const less = (scale * (files - OTHER_FILES)) / wanted;
  process.stderr.write(`only ${files} open files are allowed (ulimit -Hn): viewers are scaled by ${less.toFixed(2)}\n`);
  return less;
}

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function method(rounds: number, { isPinned, viewersScale }: Bench): string {
  const scale = viewersScale === 1 ? '' : ` ${figureOf(viewersScale)} of the viewers.`;
  const cores = isPinned ? 'server and load on a core each' : 'no cores of their own';
  return (
    `Messages of 420 B unless said otherwise, every thirtieth a final; loopback, ${cores}; ${rounds} rounds, in each every ` +
    `server in turn; medians, and ratios within a round with their least and most.${scale} \`npm run bench fan-out\`.`
  );
}

function figureOf(scale: number): string {
  return `${(scale * 100).toFixed(0)} %`;
}

if (import.meta.main) {
  try {
    process.stdout.write(`${markdown(await measure(readOptions(process.argv.slice(2))))}\n`);
  } catch (error) {
    process.stderr.write(`fan-out: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
