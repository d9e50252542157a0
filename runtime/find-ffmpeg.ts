/**
 * Finds an ffmpeg that can do the work, by asking the candidates themselves: FFMPEG_PATH; else the one on PATH; else
 * the one that the development dependency `@ffmpeg-installer/ffmpeg` brought.
 *
 * FFMPEG_PATH is an order: when it does not work nothing else is tried.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { redactText } from './redact.ts';

/** Bound on each question to a candidate. */
const ANSWER_TIMEOUT_MS = 10_000;
const ANSWER_MAX_BYTES = 1_048_576;

/** Where an ffmpeg came from. */
export type FfmpegOrigin = 'FFMPEG_PATH' | 'PATH' | '@ffmpeg-installer/ffmpeg';

export interface FoundFfmpeg {
  /** Absolute, or as FFMPEG_PATH says. */
  path: string;
  /** As the program names it, such as `5.1.6-0+deb12u1`. */
  version: string;
  origin: FfmpegOrigin;
  /** A sentence for the operator: what this ffmpeg lacks or why it should be another. */
  warning?: string;
}

/** `missing` says what was tried and how to get one. */
export type FfmpegSearch = FoundFfmpeg | { missing: string };

interface Candidate {
  path: string;
  origin: FfmpegOrigin;
}

/**
 * The first candidate that can decode what publishers send. `ffmpegPath` is FFMPEG_PATH when it is set; `searchPath` is
 * PATH unless it is given.
 */
export async function findFfmpeg(
  ffmpegPath: string | undefined,
  searchPath: string = process.env['PATH'] ?? '',
): Promise<FfmpegSearch> {
  const refused: string[] = [];
  for await (const candidate of candidates(ffmpegPath, searchPath)) {
    const answer = await examine(candidate);
    if ('path' in answer) return answer;
    refused.push(`${candidate.origin} (${redactText(candidate.path)}) ${answer.reason}`);
  }
  const tried = refused.length === 0 ? 'None is on PATH.' : `Tried: ${refused.join('; ')}.`;
  return { missing: `No usable ffmpeg. ${tried} Install one (apt-get install ffmpeg) or set FFMPEG_PATH.` };
}

async function* candidates(ffmpegPath: string | undefined, searchPath: string): AsyncGenerator<Candidate> {
  if (ffmpegPath !== undefined) {
    yield { path: ffmpegPath, origin: 'FFMPEG_PATH' };
    return;
  }
  const onPath = firstExecutable(searchPath);
  if (onPath !== undefined) yield { path: onPath, origin: 'PATH' };
  const installed = await installedPath();
  if (installed !== undefined) yield { path: installed, origin: '@ffmpeg-installer/ffmpeg' };
}

function firstExecutable(searchPath: string): string | undefined {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const places = searchPath.split(delimiter).filter((folder) => folder !== '');
  return places.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The development dependency is absent in production images, and throws on platforms that it does not know. */
async function installedPath(): Promise<string | undefined> {
  try {
    const installer = await import('@ffmpeg-installer/ffmpeg');
    return installer.default.path;
  } catch {
    return undefined;
  }
}

/** Asks for version, demuxers and decoders. */
async function examine(candidate: Candidate): Promise<FoundFfmpeg | { reason: string }> {
  try {
    const [versionText, demuxers, decoders] = await Promise.all(
      ['-version', '-demuxers', '-decoders'].map((question) => ask(candidate.path, question)),
    );
    const version = /^ffmpeg version (\S+)/m.exec(versionText ?? '')?.[1];
    if (version === undefined) return { reason: 'does not answer as ffmpeg does' };
    if (!hasName(demuxers, 'flv')) return { reason: 'has no FLV demuxer' };
    if (!hasName(decoders, 'aac')) return { reason: 'has no AAC decoder' };
    return { ...candidate, version, ...warningFor(candidate, decoders) };
  } catch (error) {
    return { reason: `could not be run: ${sentencePart(error)}` };
  }
}

async function ask(path: string, question: string): Promise<string> {
  const bounds = { timeout: ANSWER_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: ANSWER_MAX_BYTES } as const;
  const { stdout } = await promisify(execFile)(path, ['-hide_banner', question], bounds);
  return stdout;
}

/** Lists of ffmpeg have flags, then a name or several names between commas. */
function hasName(list: string | undefined, name: string): boolean {
  const lines = (list ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return lines.some(([, names]) => names?.split(',').includes(name) === true);
}

function warningFor({ origin }: Candidate, decoders: string | undefined): { warning?: string } {
  const lacking = (['mp3', 'opus'] as const).filter(
    (codec) => ![codec, `${codec}float`, `lib${codec}`].some((name) => hasName(decoders, name)),
  );
  const sentences = [
    ...(origin === '@ffmpeg-installer/ffmpeg'
      ? [
          'This ffmpeg is the one of the development dependency @ffmpeg-installer/ffmpeg, built in 2018; install a current one.',
        ]
      : []),
    ...(lacking.length > 0 ? [`This ffmpeg has no decoder for ${lacking.join(' and ')}.`] : []),
  ];
  return sentences.length === 0 ? {} : { warning: sentences.join(' ') };
}

function sentencePart(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if ('code' in error && error.code === 'ENOENT') return 'no such file';
  if ('code' in error && error.code === 'EACCES') return 'not executable';
  if ('killed' in error && error.killed === true) return `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  return redactText(error.message.split('\n')[0] ?? '').slice(0, 120);
}
