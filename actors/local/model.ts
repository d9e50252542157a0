/**
 * The built-in engine's model files: where they are, whether they are whole, and what the child needs to load them.
 *
 * Weights come inside npm packages (optional dependencies), so that nothing is downloaded at run time. A damaged file
 * would end the native code without an exception, hence the hashes.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { findFolderModel } from './folder-model.ts';
import type { LocalModel, RecognizerConfig } from './local-model.ts';
import { writeTokens } from './tokens.ts';

export type ModelSearch = { model: LocalModel } | { missing: string };

interface Weights {
  package: string;
  /** Folder inside the package, beside its entry point. */
  folder: string;
  sha256: Record<'encoder_model.onnx' | 'decoder_model_merged.onnx', string>;
}

const weights: Record<'tiny' | 'base', Weights> = {
  tiny: {
    package: '@moonshine-ai/moonshine-js',
    folder: 'model/tiny/quantized',
    sha256: {
      'encoder_model.onnx': 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
      'decoder_model_merged.onnx': 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
    },
  },
  base: {
    package: '@usefulsensors/moonshine-js',
    folder: 'model/base/quantized',
    sha256: {
      'encoder_model.onnx': '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
      'decoder_model_merged.onnx': 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3',
    },
  },
};

const VAD_PACKAGE = '@ricky0123/vad-web';
const VAD_FILE = 'silero_vad_v6.onnx';
const VAD_SHA256 = '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3';
const RUNTIME_PACKAGE = 'sherpa-onnx-node';
const TOKENIZER_PACKAGE = 'llama-tokenizer-js';

/**
 * Finds and checks the model of `LOCAL_MODEL`. `missing` is a sentence that says what is not there and how to get it.
 * `cacheDir` takes the token table that is made from the tokenizer's package.
 */
export async function findLocalModel(choice: string, { cacheDir }: { cacheDir: string }): Promise<ModelSearch> {
  try {
    locate(RUNTIME_PACKAGE);
    const vad = await checked(join(dirname(locate(VAD_PACKAGE)), VAD_FILE), VAD_SHA256);
    if (choice !== 'tiny' && choice !== 'base' && choice !== 'tiny+base') {
      return { model: { ...(await findFolderModel(choice)), vad } };
    }
    locate(TOKENIZER_PACKAGE);
    const tokens = await writeTokens(cacheDir);
    const finals = await moonshine(choice === 'tiny' ? 'tiny' : 'base', tokens);
    if (choice !== 'tiny+base') return { model: { name: choice, language: 'en', finals, vad } };
    return { model: { name: choice, language: 'en', finals, partials: await moonshine('tiny', tokens), vad } };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

async function moonshine(size: 'tiny' | 'base', tokens: string): Promise<RecognizerConfig> {
  const { package: name, folder, sha256 } = weights[size];
  const base = join(dirname(locate(name)), folder);
  // One after the other: hashing shares one thread, and of two broken files always the same one is named.
  const encoder = await checked(join(base, 'encoder_model.onnx'), sha256['encoder_model.onnx']);
  const mergedDecoder = await checked(join(base, 'decoder_model_merged.onnx'), sha256['decoder_model_merged.onnx']);
  return { moonshine: { encoder, mergedDecoder }, tokens };
}

/** Path of a package's entry point. */
function locate(name: string): string {
  try {
    return fileURLToPath(import.meta.resolve(name));
  } catch (error) {
    const remedy = name === weights.base.package ? `npm install ${name}@0.1.16` : 'npm ci --include=optional';
    throw new Error(`The package ${name} is not installed; run ${remedy}, or use another engine.`, { cause: error });
  }
}

async function checked(path: string, sha256: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new Error(`The model file ${path} cannot be read; install its package again.`, { cause: error });
  }
  if (hash.digest('hex') !== sha256) throw new Error(`The model file ${path} is damaged; install its package again.`);
  return path;
}
