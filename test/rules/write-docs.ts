/** `npm run docs`: draws every chart, and writes the parts of the documentation and the client's types that come from code. */
import { mkdir, writeFile } from 'node:fs/promises';
import { clientTypes, clientTypesFolder } from '../support/client-types.ts';
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
await mkdir(clientTypesFolder, { recursive: true });
for (const [name, declarations] of await clientTypes()) {
  await writeFile(new URL(name, clientTypesFolder), declarations);
}
