/** Packages that are not there and files that are damaged: the sentence says which, and what to do. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import type { findLocalModel } from '../../../actors/local/model.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const SHERPA = 'sherpa-onnx-node';
const VAD = '@ricky0123/vad-web';
const TINY = '@moonshine-ai/moonshine-js';
const TOKENS = 'llama-tokenizer-js';
const all = [SHERPA, VAD, TINY, TOKENS];
const WEIGHTS = 'dist/model/tiny/quantized';

/** The engine's own sources beside other packages than the project's. */
async function installation(t: Test, packages: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-installation-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await cp(join(project, 'actors/local'), join(folder, 'actors/local'), { recursive: true });
  for (const name of packages) await link(folder, name);
  const find = async (choice = 'tiny'): Promise<string> => {
    const url = pathToFileURL(join(folder, 'actors/local/model.ts')).href;
    const model = (await import(url)) as { findLocalModel: typeof findLocalModel };
    const found = await model.findLocalModel(choice, { cacheDir: join(folder, 'cache') });
    return 'missing' in found ? found.missing : `found ${found.model.name}`;
  };
  return { folder, find };
}

async function link(folder: string, name: string): Promise<void> {
  const place = join(folder, 'node_modules', name);
  await mkdir(join(place, '..'), { recursive: true });
  await symlink(join(project, 'node_modules', name), place);
}

/** A package of this name whose entry point stands beside `files`. */
async function fakePackage(folder: string, name: string, files: Record<string, string>): Promise<void> {
  const place = join(folder, 'node_modules', name);
  const contents = { 'package.json': '{"type":"module","exports":"./dist/main.js"}', 'dist/main.js': '', ...files };
  for (const [file, content] of Object.entries(contents)) {
    await mkdir(join(place, file, '..'), { recursive: true });
    await writeFile(join(place, file), content);
  }
}

const without = (name: string): string[] => all.filter((each) => each !== name);

void t.test('with everything in its place the model is found', async (t) => {
  t.equal(await (await installation(t, all)).find(), 'found tiny');
});

void t.test('a package that is not installed is named, with the command that brings it', async (t) => {
  for (const name of all) {
    t.equal(
      await (await installation(t, without(name))).find(),
      `The package ${name} is not installed; run npm ci --include=optional, or use another engine.`,
    );
  }
});

void t.test('a package of another version has not the files, and it is told which', async (t) => {
  const { folder, find } = await installation(t, without(TINY));
  await fakePackage(folder, TINY, {});
  t.match(await find(), /^The model file .*encoder_model\.onnx cannot be read; install its package again\.$/);
});

void t.test('damaged weights are refused before native code reads them', async (t) => {
  const { folder, find } = await installation(t, without(TINY));
  await fakePackage(folder, TINY, {});
  const real = join(project, 'node_modules', TINY, WEIGHTS);
  const place = join(folder, 'node_modules', TINY, WEIGHTS);
  await cp(real, place, { recursive: true });
  t.equal(await find(), 'found tiny', 'a true copy serves');
  await writeFile(join(place, 'decoder_model_merged.onnx'), 'x');
  t.match(await find(), /^The model file .*decoder_model_merged\.onnx is damaged; install its package again\.$/);
});

void t.test('a damaged voice activity detector is refused, for a model of one’s own too', async (t) => {
  const { folder, find } = await installation(t, without(VAD));
  await fakePackage(folder, VAD, { 'dist/silero_vad_v6.onnx': 'x' });
  const sentence = /^The model file .*silero_vad_v6\.onnx is damaged; install its package again\.$/;
  t.match(await find(), sentence);
  t.match(await find(folder), sentence);
});

void t.test('a tokenizer without the vocabulary is refused', async (t) => {
  const { folder, find } = await installation(t, without(TOKENS));
  await fakePackage(folder, TOKENS, { 'dist/main.js': 'export default { vocabById: ["a"] };' });
  t.equal(await find(), `The package ${TOKENS} has no vocabulary of 32000 pieces; run npm ci.`);
});
