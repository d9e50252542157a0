/** The token table that sherpa-onnx wants: one line per id, the piece's bytes in base64, a space, the id. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE_NAME = 'moonshine-tokens.txt';
const VOCABULARY = 32_000;

/** Writes the table of Moonshine's tokenizer (Llama's) into `cacheDir`, if it is not there, and returns its path. */
export async function writeTokens(cacheDir: string): Promise<string> {
  const path = join(cacheDir, FILE_NAME);
  const table = tokenTable(await vocabulary());
  if ((await readFile(path, 'utf8').catch(() => undefined)) === table) return path;
  await mkdir(cacheDir, { recursive: true });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, table);
  await rename(partial, path);
  return path;
}

/** Pieces as the tokenizer has them: `▁` is a space, `<0xHH>` a byte. */
export function tokenTable(pieces: readonly string[]): string {
  return pieces.map((piece, id) => `${bytesOf(piece).toString('base64')} ${id}\n`).join('');
}

function bytesOf(piece: string): Buffer {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece)?.[1];
  return byte === undefined ? Buffer.from(piece.replaceAll('▁', ' ')) : Buffer.from(byte, 'hex');
}

async function vocabulary(): Promise<string[]> {
  const { default: tokenizer } = (await import('llama-tokenizer-js')) as { default: { vocabById: string[] } };
  const { vocabById } = tokenizer;
  if (!Array.isArray(vocabById) || vocabById.length !== VOCABULARY) {
    throw new Error(`The package llama-tokenizer-js has no vocabulary of ${VOCABULARY} pieces; run npm ci.`);
  }
  return vocabById;
}
