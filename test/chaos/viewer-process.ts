/** Viewers in a process of their own, so that it can be stopped like a sleeping laptop. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { RecordKeeper } from './record-keeper.ts';
import type { Told } from './record-keeper.ts';
import type { ChaosViewer, ViewerOptions } from './viewers.ts';

const program = new URL('viewer-child.ts', import.meta.url).pathname;

/** To the process: attach a viewer, or let it go. */
export type ViewerOrder =
  { order: 'join'; viewer: Omit<ViewerOptions, 'pauseMs'> & { pauseMs: number } } | { order: 'leave'; name: string };

/** From the process: what a viewer was told, as it came. */
export interface ViewerNews {
  name: string;
  told: Told;
}

export class ViewerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #keepers = new Map<string, RecordKeeper>();

  constructor() {
    this.#child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
    this.#child.on('message', ({ name, told }: ViewerNews) => this.#keepers.get(name)?.take(told));
  }

  /** A viewer there that comes back with its cursor. */
  join(options: Omit<ViewerOptions, 'pauseMs'>): ChaosViewer {
    const { name, epoch } = options;
    const keeper = new RecordKeeper(epoch);
    this.#keepers.set(name, keeper);
    this.#order({ order: 'join', viewer: { ...options, pauseMs: 200 } });
    const leave = (): void => {
      this.#keepers.delete(name);
      this.#order({ order: 'leave', name });
    };
    return { name, keeper, freeze: () => {}, leave };
  }

  /** SIGSTOP, and SIGCONT after the time. */
  async stopFor(durationMs: number): Promise<void> {
    this.#child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #order(order: ViewerOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }
}
