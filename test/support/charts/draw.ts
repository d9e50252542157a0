/** The drawings of every chart of `machines/`, as they stand in `machines/charts/`. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { StateMachine } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { layOut } from './layout.ts';
import { toChart } from './model.ts';
import { toSvg } from './svg.ts';

const machinesFolder = new URL('../../../machines/', import.meta.url);
/** Where the drawings are. */
export const chartsFolder = new URL('charts/', machinesFolder);

/** A machine and the file that has it. */
export interface NamedMachine {
  file: string;
  machine: AnyStateMachine;
}

/** Every machine whose id is the name of the file that exports it. */
export async function allMachines(): Promise<NamedMachine[]> {
  const files = (await readdir(machinesFolder)).filter((name) => name.endsWith('.ts')).toSorted();
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
  const chart = toChart(machine);
  return toSvg(chart, await layOut(chart));
}
