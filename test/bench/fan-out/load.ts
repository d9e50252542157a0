/** The load of the fan-out benchmark: `load.c`, compiled here and run as a process of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCE = fileURLToPath(new URL('load.c', import.meta.url));
/** No run of the table takes as long. */
const RUN_TIMEOUT_MS = 240_000;

/** Options of `load.c` by their names there. */
export type LoadOptions = Readonly<Record<string, string | number>> & { viewers: number };

/** What `load.c` prints; the names are its own. */
export interface LoadResult {
  seconds: number;
  published: number;
  deliveries: number;
  /** Deliveries a second. */
  rate: number;
  cpu_us: number;
  /** The server's share of a core. */
  core: number;
  /** The load's own. */
  load_core: number;
  /** How late the publisher was at worst. */
  late_ms: number;
  connect_s: number;
  messages_per_read: number;
  p50: number;
  p99: number;
  /** Until the last viewer has a message, in the median. */
  last50: number;
  final_p99: number;
  small_p50: number;
  small_p99: number;
  slow_middle_p50: number;
  slow_middle_p99: number;
  slow_p50: number;
  slow_p99: number;
  rss_kb_per_viewer: number;
  rss_growth_kb: number;
  missing_finals: number;
  doubled_finals: number;
  slow_viewers: number;
  slow_finals_share: number;
  closed_readers: number;
  closed_slow: number;
}

/** Compiles the load into `folder`. @throws Error when there is no compiler */
export async function compileLoad(folder: string): Promise<string> {
  const program = join(folder, 'load');
  try {
    await promisify(execFile)('cc', ['-O2', '-o', program, SOURCE]);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? new Error('The fan-out benchmark needs a C compiler as `cc`.', { cause: error }) : error;
  }
  return program;
}

/** One run to its end. `onEvent` is told when measuring begins and ends. */
export async function runLoad(
  command: readonly string[],
  options: Readonly<Record<string, string | number>>,
  onEvent: (event: 'measuring' | 'measured') => void,
): Promise<LoadResult> {
  const [program = '', ...before] = command;
  const words = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  const child = spawn(program, [...before, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let errors = '';
  let result: LoadResult | undefined;
  child.stderr.on('data', (data) => (errors += String(data)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line) as LoadResult | { event: 'measuring' | 'measured' };
    if ('event' in told) onEvent(told.event);
    else result = told;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || result === undefined) throw new Error(`the load failed (${code}): ${errors.trim()}`);
  return result;
}
