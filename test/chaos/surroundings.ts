/** What a run of a session needs of the world around it. */
import type { TcpProxy } from '../support/tcp-proxy.ts';
import type { Disk } from './disk.ts';
import type { Speech } from './mark-oracle.ts';
import type { Oracle } from './oracle.ts';
import type { ServerProgram } from './server-program.ts';
import type { ViewerProcess } from './viewer-process.ts';

export interface JudgedRun extends Speech {
  name: string;
  faults: readonly string[];
}

export interface WorldOptions {
  stages: number;
  /** Viewers of each run, half over WebSocket, half as event streams. */
  viewersEach: number;
  /** A run is ended after this time at the latest. */
  lifeMs: number;
  random: () => number;
  onBreach: (text: string) => void;
  /** A run with all that was said in it, and what is wrong with that. */
  onJudged: (run: JudgedRun) => void;
}

export interface Surroundings {
  readonly options: WorldOptions;
  readonly oracle: Oracle;
  readonly server: ServerProgram;
  /** Between viewers and the server. */
  readonly viewerProxy: TcpProxy;
  /** Viewers in a process of their own. */
  readonly viewerProcess: ViewerProcess;
  readonly disk: Disk;
  /** The talk as a file. */
  readonly wav: string;
  readonly random: () => number;
  /** No further run begins. */
  readonly isEnding: boolean;
  /** A run that is over is being looked at. */
  judging(judged: Promise<void>): void;
}
