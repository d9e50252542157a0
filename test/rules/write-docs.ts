/** `npm run docs`: draws every chart and writes the parts of the documentation that come from code. */
import { mkdir, writeFile } from 'node:fs/promises';
import { blocks, read, upToDate } from '../support/docs.ts';
import { allMachines, chartsFolder, draw } from '../support/charts/draw.ts';
import { projectRoot } from '../support/source-files.ts';

await mkdir(chartsFolder, { recursive: true });
for (const { machine } of await allMachines()) {
  await writeFile(new URL(`${machine.id}.svg`, chartsFolder), await draw(machine));
}
for (const file of new Set(blocks.map((block) => block.file))) {
  await writeFile(new URL(file, projectRoot), await upToDate(file, read(file)));
}
