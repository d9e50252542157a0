/**
 * A model of the operator's own: a folder with a sherpa-onnx offline model and a `model.json` that describes it.
 *
 *     { "kind": "offline", "language": "de", "modelConfig": { "whisper": { "encoder": "encoder.onnx", … }, "tokens": "tokens.txt" } }
 *
 * `modelConfig` is sherpa-onnx's own (Whisper, SenseVoice, transducers, …) with paths relative to the folder.
 */
import { access, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { LocalModel, RecognizerConfig } from './local-model.ts';

/** @throws Error whose message names the folder, the field and what was expected. */
export async function findFolderModel(folder: string): Promise<Omit<LocalModel, 'vad'>> {
  const path = join(folder, 'model.json');
  const description = await readDescription(path);
  const fault = (field: string, expected: string): Error => new Error(`${path}: ${field} must be ${expected}.`);
  const { kind, language, modelConfig } = description;
  if (kind !== 'offline') throw fault('kind', '"offline"');
  if (typeof language !== 'string' || language === '') throw fault('language', 'a language code such as "en"');
  if (!isObject(modelConfig)) throw fault('modelConfig', "sherpa-onnx's description of an offline model");
  if (typeof modelConfig['tokens'] !== 'string') throw fault('modelConfig.tokens', 'the name of the token table');
  const finals = await withPaths(modelConfig, folder, `${path}: modelConfig`);
  return { name: basename(resolve(folder)), language, finals };
}

async function readDescription(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`LOCAL_MODEL is a folder, but ${path} cannot be read; it must describe the model.`, {
      cause: error,
    });
  });
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed;
  } catch {
    // Said below, as for JSON of another shape.
  }
  throw new Error(`${path}: must be a JSON object.`);
}

/** Every name of a file (a string with a known ending) made absolute, and checked to be there. */
async function withPaths(config: Record<string, unknown>, folder: string, field: string): Promise<RecognizerConfig> {
  const entries = Object.entries(config).map(async ([key, value]): Promise<[string, unknown]> => {
    if (isObject(value)) return [key, await withPaths(value, folder, `${field}.${key}`)];
    if (typeof value !== 'string' || !/\.(onnx|txt|json|model|vocab)$/.test(value)) return [key, value];
    const path = resolve(folder, value);
    await access(path).catch((error: unknown) => {
      throw new Error(`${field}.${key}: there is no file ${path}.`, { cause: error });
    });
    return [key, path];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
