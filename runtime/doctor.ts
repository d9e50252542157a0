/**
 * `captiond doctor`: is everything here that the server needs? One line for each thing: how it is, what is missing,
 * how to get it. Starts nothing and leaves nothing behind but the engine's token table in the cache folder.
 */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { findLocalModel } from '../actors/local/model.ts';
import { errors } from '../machines/errors.ts';
import { Certificates } from './certificates.ts';
import { chosenEngine, readConfig } from './config.ts';
import type { Config, Environment } from './config.ts';
import { findFfmpeg } from './find-ffmpeg.ts';

/** What a check found. Anything but `missing` lets the server start. */
interface Finding {
  state: 'ok' | 'warning' | 'missing';
  what: string;
  /** How it is, or what is missing and how to get it. */
  detail: string;
}

/** Oldest Node that runs TypeScript as it is and has what the server uses. */
const NODE_MAJOR_MIN = 24;

/** A certificate that ends sooner is worth a warning. */
const RENEW_BEFORE_MS = 14 * 86_400_000;

/** Checks everything and writes the findings. Resolves with the exit code: 0, 1 something is missing, 2 wrong options. */
export async function doctor(
  env: Environment,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  const read = readConfig(env);
  const findings = [checkNode(process.versions.node), ...checkOptions(read)];
  for (const finding of findings) write(render(finding));
  const checks = read.ok ? checksOf(read.config) : [checkFfmpeg(env['FFMPEG_PATH'])];
  for (const check of checks) {
    const finding = await check;
    findings.push(finding);
    write(render(finding));
  }
  const isMissing = findings.some(({ state }) => state === 'missing');
  write(isMissing ? 'Something that captiond needs is missing.' : 'Everything that captiond needs is here.');
  if (!read.ok) return errors.bad_options.exitCode ?? 2;
  return isMissing ? 1 : 0;
}

function checksOf(config: Config): Promise<Finding>[] {
  return [
    checkFfmpeg(config.ffmpegPath),
    checkEngine(config),
    checkPort('RTMP_PORT', config.rtmpHost, config.rtmpPort),
    checkPort('HTTP_PORT', config.httpHost, config.httpPort),
    checkPort('ADMIN_PORT', config.adminHost, config.adminPort),
    checkFolder(config.dataDir),
    Promise.resolve(checkCredentials(config)),
    Promise.resolve(checkAccess(config)),
    checkCertificate(config),
  ];
}

const labels: Record<Finding['state'], string> = { ok: 'ok', warning: 'warning', missing: 'MISSING' };

function render({ state, what, detail }: Finding): string {
  return `${labels[state].padEnd(8)} ${what.padEnd(11)} ${detail}`;
}

function checkNode(version: string): Finding {
  const isFit = Number.parseInt(version, 10) >= NODE_MAJOR_MIN;
  if (isFit) return { state: 'ok', what: 'node', detail: version };
  const detail = `${version} is too old; install Node ${NODE_MAJOR_MIN} or newer (npm run … brings its own)`;
  return { state: 'missing', what: 'node', detail };
}

function checkOptions(read: ReturnType<typeof readConfig>): Finding[] {
  const warnings = read.warnings.map((detail): Finding => ({ state: 'warning', what: 'options', detail }));
  if (read.ok) return [{ state: 'ok', what: 'options', detail: 'all can be used' }, ...warnings];
  const faults = read.faults.map(({ name, value, expected }): Finding => {
    return { state: 'missing', what: 'options', detail: `${name}=${value} ${expected}` };
  });
  return [...faults, ...warnings];
}

async function checkFfmpeg(ffmpegPath: string | undefined): Promise<Finding> {
  const found = await findFfmpeg(ffmpegPath);
  if ('missing' in found) return { state: 'missing', what: 'ffmpeg', detail: found.missing };
  const where = `${found.version} at ${found.path} (by ${found.origin})`;
  if (found.warning === undefined) return { state: 'ok', what: 'ffmpeg', detail: where };
  return { state: 'warning', what: 'ffmpeg', detail: `${where}. ${found.warning}` };
}

async function checkEngine(config: Config): Promise<Finding> {
  const found = await findLocalModel(config.localModel, { cacheDir: join(config.dataDir, 'cache') });
  const isNeeded = chosenEngine(config) === 'local';
  if ('missing' in found) return { state: isNeeded ? 'missing' : 'warning', what: 'engine', detail: found.missing };
  return { state: 'ok', what: 'engine', detail: `built in, model ${found.model.name}, English` };
}

/** The key is not tried: a request would begin a session that is paid for. */
function checkCredentials(config: Config): Finding {
  const isCloud = chosenEngine(config) === 'gladia';
  const detail = isCloud ? `GLADIA_API_KEY is set, for ${config.gladiaUrl} in ${config.gladiaRegion}` : 'none needed';
  return { state: 'ok', what: 'credentials', detail };
}

/** Who may publish and view. The service is not asked: it would count as an attempt to get in. */
function checkAccess({ authSecret, authHookUrl }: Config): Finding {
  const ways = [
    ...(authSecret === undefined ? [] : ['tokens (AUTH_SECRET)']),
    ...(authHookUrl === undefined ? [] : ['a service of yours (AUTH_HOOK_URL)']),
  ];
  const detail = ways.length === 0 ? 'everybody on this machine; set AUTH_SECRET to use tokens' : ways.join(' and ');
  return { state: 'ok', what: 'access', detail };
}

async function checkCertificate(config: Config, nowMs = Date.now()): Promise<Finding> {
  const what = 'TLS';
  try {
    const certificates = await Certificates.load(config);
    if (certificates === undefined) return { state: 'ok', what, detail: 'off (TLS_CERT_FILE, TLS_KEY_FILE)' };
    const { validTo } = certificates;
    const isOld = Date.parse(validTo) - nowMs < RENEW_BEFORE_MS;
    return { state: isOld ? 'warning' : 'ok', what, detail: `the certificate is good until ${validTo}` };
  } catch (error) {
    return { state: 'missing', what, detail: error instanceof Error ? error.message : String(error) };
  }
}

function checkPort(name: string, host: string, port: number): Promise<Finding> {
  if (port === 0) return Promise.resolve({ state: 'ok', what: name, detail: 'any free port' });
  const { promise, resolve: settle } = Promise.withResolvers<Finding>();
  const probe = createServer();
  probe.once('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${error.code ?? error.message})`;
    settle({ state: 'missing', what: name, detail: `${host}:${port} ${why}; stop it or set ${name}` });
  });
  probe.listen({ host, port, exclusive: true }, () => {
    probe.close(() => settle({ state: 'ok', what: name, detail: `${host}:${port} is free` }));
  });
  return promise;
}

/** The folder, or the nearest one above that is there, must take new files. */
async function checkFolder(dataDir: string): Promise<Finding> {
  const folder = await nearestExisting(resolve(dataDir));
  try {
    await readdir(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    return { state: 'ok', what: 'DATA_DIR', detail: `${dataDir} can be written` };
  } catch {
    return {
      state: 'missing',
      what: 'DATA_DIR',
      detail: `${folder} is no folder or cannot be written; set DATA_DIR to one that can`,
    };
  }
}

async function nearestExisting(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestExisting(dirname(path));
}
