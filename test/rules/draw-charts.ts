/**
 * Draws every chart of `machines/` into `machines/charts/`. As a program (`npm run draw`) it also writes the generated
 * parts of the README files; the tests beside it only compare.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { StateMachine } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { layOut } from '../support/charts/layout.ts';
import { toChart } from '../support/charts/model.ts';
import { toSvg } from '../support/charts/svg.ts';

const machinesFolder = new URL('../../machines/', import.meta.url);
/** Where the drawings are. */
export const chartsFolder = new URL('charts/', machinesFolder);

/** Options that give a delay its length, as `machine.delay`. */
const delayNames = {};

/** A machine and the file that has it. */
export interface NamedMachine {
  file: string;
  machine: AnyStateMachine;
}

/** Every machine whose id is the name of the file that exports it. */
export async function allMachines(): Promise<NamedMachine[]> {
  const files = (await readdir(machinesFolder)).filter((name) => name.endsWith('.ts')).sort();
  const modules = await Promise.all(
    files.map(async (file) => ({ file, exports: (await import(new URL(file, machinesFolder).href)) as object })),
  );
  return modules.flatMap(({ file, exports }) =>
    (Object.values(exports) as unknown[])
      .filter((value) => value instanceof StateMachine)
      .map((machine): NamedMachine => ({ file, machine: machine as AnyStateMachine }))
      .filter(({ machine }) => machine.id === basename(file, '.ts')),
  );
}

/** The drawing of a machine; the same machine always gives the same text. */
export async function draw(machine: AnyStateMachine): Promise<string> {
  const chart = toChart(machine, delayNames);
  return toSvg(chart, await layOut(chart));
}

if (import.meta.main) {
  await mkdir(chartsFolder, { recursive: true });
  for (const { machine } of await allMachines()) {
    await writeFile(new URL(`${machine.id}.svg`, chartsFolder), await draw(machine));
  }
}
