/** `captiond serve`: the server until a signal ends it. */
import { CaptiondError, errors, exitCodeOf } from '../machines/errors.ts';
import { describeFaults, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { findFfmpeg } from './find-ffmpeg.ts';
import { lastResort } from './last-resort.ts';
import { createLog } from './log.ts';
import type { RootLog } from './log.ts';
import { ProgressLine } from './progress-line.ts';
import { CaptiondServer } from './server.ts';
import { originsOf } from './addresses.ts';
import type { ServerAddresses } from './addresses.ts';
import { onHangUp, onSignals } from './shutdown.ts';

/** What is told to whoever started the program. */
export interface ServeHooks {
  /** Called once the server takes sessions; what it returns is awaited before the server is closed for good. */
  onReady?: (server: CaptiondServer, addresses: ServerAddresses) => void;
}

/** Runs the server; resolves with the exit code. */
export async function serve(env: NodeJS.ProcessEnv, hooks: ServeHooks = {}): Promise<number> {
  const read = readConfig(env);
  if (!read.ok) {
    process.stderr.write(`${describeFaults(read.faults)}\n`);
    return exitCodeOf('bad_options');
  }
  const write = (line: string): void => void process.stderr.write(line);
  const log = createLog({ level: read.config.logLevel, pretty: process.stderr.isTTY, write });
  for (const warning of read.warnings) log.warn(warning);
  const progress = new ProgressLine(process.stderr);
  try {
    const server = await build(read.config, { env, log, progress });
    const stopListening = onSignals(server, (signal, again) =>
      log.info(again ? 'second signal: stopping at once' : 'stopping in order; a second signal stops at once', {
        signal,
      }),
    );
    const resort = lastResort(server, log);
    const addresses = await server.start();
    const stopReloading = addresses.isSecure ? onHangUp(() => void reload(server, log)) : () => {};
    progress.end();
    (hooks.onReady ?? announce)(server, addresses);
    const { outcome } = await server.closed;
    stopListening();
    resort.stop();
    stopReloading();
    log.info('stopped', { outcome });
    return outcome === 'boot_failed' || resort.isTaken ? exitCodeOf('failed') : 0;
  } catch (error) {
    progress.end();
    return reportFailure(error, log);
  }
}

async function reload(server: CaptiondServer, log: RootLog): Promise<void> {
  try {
    await server.reloadCertificates();
    log.info('the certificate was read again; new connections get it');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error('the new certificate cannot be used; the one before stays', { reason });
  }
}

interface Surroundings {
  env: NodeJS.ProcessEnv;
  log: RootLog;
  progress: ProgressLine;
}

async function build(config: Config, { env, log, progress }: Surroundings): Promise<CaptiondServer> {
  const ffmpeg = await findFfmpeg(config.ffmpegPath);
  if ('missing' in ffmpeg) throw new CaptiondError('ffmpeg_missing', ffmpeg.missing);
  if (ffmpeg.warning !== undefined) log.warn(ffmpeg.warning);
  log.debug('ffmpeg found', { path: ffmpeg.path, version: ffmpeg.version, origin: ffmpeg.origin });
  return new CaptiondServer({
    config,
    ffmpegPath: ffmpeg.path,
    log,
    env,
    onProgress: (step, fraction) => {
      progress.show(`Loading the engine: ${step}`, fraction);
      if (!process.stderr.isTTY) log.info('loading the engine', { step, fraction });
    },
  });
}

function announce(_server: CaptiondServer, addresses: ServerAddresses): void {
  const { rtmp, http, admin } = originsOf(addresses);
  const lines = [
    `publish  ${rtmp}/live/SLUG`,
    `watch    ${http}/watch/SLUG`,
    `home     ${http}/`,
    `metrics  ${admin}/metrics`,
    `inspect  ${admin}/inspect`,
  ];
  process.stdout.write(`captiond is ready\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

function reportFailure(error: unknown, log: RootLog): number {
  if (isPortTaken(error)) {
    log.error(`${errors.port_taken.sentence} Port ${error.port} on ${error.address}.`);
    return exitCodeOf('port_taken');
  }
  log.error(error instanceof Error ? error.message : String(error));
  return exitCodeOf(error instanceof CaptiondError ? error.code : 'failed');
}

function isPortTaken(error: unknown): error is NodeJS.ErrnoException & { port: number; address: string } {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
}
