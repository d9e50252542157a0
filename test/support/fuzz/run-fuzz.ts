/**
 * Inputs changed at random from seeds and from a stored corpus, until a number of cases or a time is over.
 *
 *     npm run fuzz                                       what CI runs
 *     FUZZ_SECONDS=3600 FUZZ_SEED=7 npm run fuzz         an hour for each target, from another seed on
 *     FUZZ_KEEP=1 FUZZ_SECONDS=60 npm run fuzz           and keeps an input for every ending that is new
 *
 * An input that has a fault is always kept: it stays in the corpus as the test of its mending.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import { seededRandom } from '../seeded-random.ts';

const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 0);
const keepsNew = process.env['FUZZ_KEEP'] === '1';

/** What became of an input. */
export interface Ending {
  /** Short, without numbers that differ from run to run. */
  ending: string;
  /** What must never be. */
  fault: string | undefined;
}

export interface FuzzTarget {
  /** Folder of the corpus. */
  name: string;
  seeds: readonly string[];
  /** One to a few changes. */
  mutate: (text: string, random: () => number) => string;
  run: (input: string) => Promise<Ending>;
  /** Cases when no time is given. */
  cases: number;
}

const folderOf = (name: string): URL => new URL(`../../fixtures/fuzz/${name}/`, import.meta.url);

/** Stored inputs by the names of their files. */
export function corpusOf(name: string): Map<string, string> {
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(folder).toSorted();
  return new Map(files.map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]));
}

function keep(name: string, kind: string, input: string): string {
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const file = `${kind}-${digest}.txt`;
  writeFileSync(new URL(file, folderOf(name)), input);
  return file;
}

/** Runs the corpus, then changed inputs. */
export async function runFuzz(t: Test, target: FuzzTarget): Promise<void> {
  const corpus = corpusOf(target.name);
  const known = new Set<string>();
  for (const [file, input] of corpus) {
    const { ending, fault } = await target.run(input);
    known.add(ending);
    if (fault !== undefined) t.fail(`${file}: ${fault}`);
  }
  t.ok(corpus.size > 0, `${corpus.size} stored inputs`);
  const inputs = [...target.seeds, ...corpus.values()];
  const untilMs = performance.now() + seconds * 1_000;
  const isOver = (count: number): boolean => (seconds > 0 ? performance.now() > untilMs : count >= target.cases);
  let faults = 0;
  let count = 0;
  for (; !isOver(count) && faults < 5; count += 1) {
    const random = seededRandom(firstSeed + count);
    const input = target.mutate(inputs[Math.floor(random() * inputs.length)] ?? '', random);
    const { ending, fault } = await target.run(input);
    if (fault !== undefined) {
      faults += 1;
      t.fail(`seed ${firstSeed + count}, kept as ${keep(target.name, 'fault', input)}: ${fault}`);
    } else if (keepsNew && !known.has(ending)) keep(target.name, 'new', input);
    known.add(ending);
  }
  t.ok(known.size > 1, `${count} inputs from seed ${firstSeed} on, ${known.size} endings`);
}
