/**
 * The ffmpeg process that turns a session's audio into PCM, one run of it.
 *
 * stdin takes audio alone in FLV (Opus in Ogg), stdout gives s16le 16 kHz mono; both are the data plane's `DecoderRun`.
 * Everything that is decided about the process (when it is ready, replaced, ended, killed) is in `machines/process.ts`.
 */
import { execa } from 'execa';
import type { ResultPromise } from 'execa';
import { fromCallback } from 'xstate';
import type { ProcessCommand, ProcessFact } from '../machines/events.ts';
import type { DecoderRun } from './audio/decoder-run.ts';
import type { Container } from './audio/format.ts';
import type { AudioIntake } from './audio/intake.ts';
import { LineBuffer } from './line-buffer.ts';
import type { Log } from './ports.ts';
import { SAMPLE_RATE_HZ } from './ports.ts';
import { childEnvironment, holdGroup, signalGroup } from './process-group.ts';
import type { ResourceList } from './resources.ts';

/** Bytes that may wait for ffmpeg's stdin; above it, tags wait in the feed. */
const STDIN_MAX_BYTES = 1_048_576;
/** Lines of stderr kept for the log. */
const STDERR_LINES_MAX = 50;
/** How often a stall is looked for, in milliseconds. */
const STALL_CHECK_MS = 250;

export interface FfmpegInput {
  /** Path of the program. */
  command: string;
  intake: AudioIntake;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Audio in and nothing out for this long is a stall. */
  stallMs: number;
}

/**
 * `-probesize 32` ends the probing after the first frame, which is safe for audio alone and saves up to five seconds;
 * the other flags said to lower latency do nothing or lose audio (`test/bench/ffmpeg-flags.ts`).
 */
export function ffmpegArguments(container: Container): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'warning'],
    ...['-f', container, '-probesize', '32', '-i', 'pipe:0'],
    ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-ac', '1', '-ar', String(SAMPLE_RATE_HZ)],
    ...['-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'],
  ];
}

/** Takes every `ProcessCommand`; tells every `ProcessFact`. */
export const ffmpegProcess = fromCallback<ProcessCommand, FfmpegInput>(({ input, receive, sendBack }) => {
  const run = new FfmpegRun(input, sendBack);
  receive((command) => run.obey(command));
  return () => run.dispose();
});

const processOptions = (mark: string | undefined) =>
  ({
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    detached: true,
    // The ladder of the chart is the only one: execa would send a SIGKILL of its own 5 s after SIGTERM.
    forceKillAfterDelay: false,
    extendEnv: false,
    env: childEnvironment(mark),
  }) as const;

class FfmpegRun {
  readonly #input: FfmpegInput;
  readonly #tell: (fact: ProcessFact) => void;
  readonly #run: DecoderRun;
  readonly #child: ResultPromise<ReturnType<typeof processOptions>>;
  readonly #stderr = new LineBuffer(STDERR_LINES_MAX);
  readonly #stallCheck: NodeJS.Timeout;
  #isInputEnded = false;
  #isStalled = false;
  #isOver = false;

  constructor(input: FfmpegInput, tell: (fact: ProcessFact) => void) {
    this.#input = input;
    this.#tell = tell;
    this.#run = input.intake.openRun();
    const options = processOptions(input.resources.childMark);
    this.#child = execa(input.command, ffmpegArguments(this.#run.format.container), options);
    this.#stallCheck = setInterval(() => this.#checkStall(), STALL_CHECK_MS);
    this.#listen();
  }

  obey(command: ProcessCommand): void {
    const { pid } = this.#child;
    if (this.#isOver || pid === undefined) return;
    if (command.type === 'process.end_input') this.#endInput();
    else if (command.type === 'process.terminate') this.#child.kill('SIGTERM');
    else signalGroup(pid, 'SIGKILL');
  }

  /** The last resort when the chart is stopped without its ladder. */
  dispose(): void {
    if (this.#isOver) return;
    this.#end(false);
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => {
      // EPIPE of a process that is gone; its exit is told.
    });
    stdin.on('drain', () => this.#run.pump(this.#input.nowMs()));
    stdout.on('data', (pcm: Buffer) => this.#run.pcm(pcm, this.#input.nowMs()));
    stderr.setEncoding('utf8').on('data', (text: string) => this.#stderr.push(text));
    const { pid } = this.#child;
    if (pid === undefined) this.#refuse();
    else this.#started(pid);
  }

  #started(pid: number): void {
    const { resources } = this.#input;
    const onClosed = (code: number | null, signal: NodeJS.Signals | null): void => this.#exited(code, signal);
    holdGroup({ child: this.#child.nodeChildProcess, pid, program: 'ffmpeg', resources, onClosed });
    this.#tell({ type: 'process.started', pid });
    this.#run.start((bytes) => this.#write(bytes), this.#input.nowMs());
    this.#tell({ type: 'process.ready' });
  }

  #refuse(): void {
    void this.#child.then((result) => {
      if (this.#isOver) return;
      this.#end(false);
      this.#tell({ type: 'process.refused', reason: result.originalMessage ?? 'it could not be started' });
    });
  }

  #write(bytes: Buffer): boolean {
    const { stdin } = this.#child;
    stdin.write(bytes);
    return stdin.writableLength < STDIN_MAX_BYTES;
  }

  #endInput(): void {
    this.#isInputEnded = true;
    this.#run.endInput();
    this.#child.stdin.end();
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return;
    const isDrained = this.#isInputEnded && signal === null;
    this.#end(isDrained);
    const fields = { code, signal, stderr: this.#stderr.lines() };
    if (isDrained) this.#input.log.debug('ffmpeg has left', fields);
    else this.#input.log.warn('ffmpeg has died', fields);
    this.#tell({ type: 'process.exited', code, signal, atMs: this.#input.nowMs() });
  }

  #checkStall(): void {
    if (this.#isStalled || this.#run.stalledForMs(this.#input.nowMs()) < this.#input.stallMs) return;
    this.#isStalled = true;
    this.#input.log.warn('ffmpeg gives nothing for its audio', { stderr: this.#stderr.lines() });
    this.#tell({ type: 'process.stalled' });
  }

  #end(isDrained: boolean): void {
    this.#isOver = true;
    clearInterval(this.#stallCheck);
    this.#run.endInput();
    this.#input.intake.closeRun(this.#run, isDrained);
  }
}
