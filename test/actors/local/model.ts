/** Is the model there and whole? If not, a sentence says what to do. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { findLocalModel } from '../../../actors/local/model.ts';
import { tokenTable } from '../../../actors/local/tokens.ts';

async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'captiond-model-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

void t.test('tiny is found, with its token table', async (t) => {
  const cacheDir = await folder(t);
  const found = await findLocalModel('tiny', { cacheDir });
  t.match(found, { model: { name: 'tiny', language: 'en', vad: /silero/ } });
  const table = await readFile(join(cacheDir, 'moonshine-tokens.txt'), 'utf8');
  t.equal(table.split('\n').length, 32_001);
});

void t.test('base is not installed with the rest, and the sentence says how to get it', async (t) => {
  const found = await findLocalModel('base', { cacheDir: await folder(t) });
  if ('model' in found) return t.match(found.model.name, 'base');
  return t.match(found.missing, /npm install @usefulsensors\/moonshine-js@0\.1\.16/);
});

void t.test('a folder must describe its model, field by field', async (t) => {
  const path = await folder(t);
  const missing = async (): Promise<string> => {
    const found = await findLocalModel(path, { cacheDir: path });
    return 'missing' in found ? found.missing : 'nothing';
  };
  t.match(await missing(), /model\.json cannot be read; it must describe the model/);
  const table: [unknown, RegExp][] = [
    ['{', /must be a JSON object/],
    [[], /must be a JSON object/],
    [{ kind: 'online' }, /kind must be "offline"/],
    [{ kind: 'offline' }, /language must be a language code such as "en"/],
    [{ kind: 'offline', language: 'de' }, /modelConfig must be/],
    [{ kind: 'offline', language: 'de', modelConfig: {} }, /modelConfig\.tokens must be/],
    [
      { kind: 'offline', language: 'de', modelConfig: { tokens: 'tokens.txt' } },
      /modelConfig\.tokens: there is no file .*tokens\.txt/,
    ],
  ];
  for (const [description, sentence] of table) {
    const text = typeof description === 'string' ? description : JSON.stringify(description);
    await writeFile(join(path, 'model.json'), text);
    t.match(await missing(), sentence);
  }
});

void t.test('a folder that is whole is taken with absolute paths', async (t) => {
  const path = await folder(t);
  const modelConfig = { whisper: { encoder: 'encoder.onnx' }, tokens: 'tokens.txt', numThreads: 1 };
  await writeFile(join(path, 'model.json'), JSON.stringify({ kind: 'offline', language: 'de', modelConfig }));
  for (const name of ['encoder.onnx', 'tokens.txt']) await writeFile(join(path, name), '');
  const found = await findLocalModel(path, { cacheDir: path });
  t.match(found, {
    model: {
      language: 'de',
      finals: { whisper: { encoder: join(path, 'encoder.onnx') }, tokens: join(path, 'tokens.txt'), numThreads: 1 },
    },
  });
});

void t.test('the token table has bytes in base64: spaces, single bytes, letters beyond ASCII', (t) => {
  const lines = tokenTable(['▁the', '<0x0A>', 'é']).split('\n');
  t.strictSame(lines, [`${btoa(' the')} 0`, `${btoa('\n')} 1`, `${Buffer.from('é').toString('base64')} 2`, '']);
  t.end();
});
