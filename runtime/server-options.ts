/** What a server is made of. */
import type { Config, Environment } from './config.ts';
import type { RootLog } from './log.ts';

export interface ServerOptions {
  config: Config;
  ffmpegPath: string;
  log: RootLog;
  /** For the names of OpenTelemetry; nothing is exported without. */
  env?: Environment;
  onProgress?: (step: string, fraction: number) => void;
}
