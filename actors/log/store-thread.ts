/** The thread of the embedded log as its callers see it: requests with answers, and a new thread when one has died. */
import { Worker } from 'node:worker_threads';
import { LogError } from './port.ts';
import type { StoreOptions } from './sqlite-store.ts';
import { OPENING_ID } from './sqlite-worker.ts';
import type { StoreAnswer, StoreRequest } from './sqlite-worker.ts';

/** From the death of a thread to the next one, in milliseconds. */
const RESTART_MS = 1_000;
/** From the request to close until the thread is ended by force. */
const CLOSE_TIMEOUT_MS = 2_000;

/** What the caller says; the number is added here. */
type Asked<T> = T extends { id: number } ? Omit<T, 'id'> : never;
type Pending = { resolve: (value: unknown) => void; reject: (error: LogError) => void };

export class StoreThread {
  readonly #options: StoreOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #ids = OPENING_ID;
  #isClosing = false;

  private constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** @throws LogError when the log cannot be opened. */
  static async start(options: StoreOptions): Promise<StoreThread> {
    const thread = new StoreThread(options);
    try {
      await thread.#begin();
    } catch (error) {
      await thread.close();
      throw error;
    }
    return thread;
  }

  /** @throws LogError what the store says, or `unavailable` when its thread dies or is not there. */
  ask(request: Asked<StoreRequest>): Promise<unknown> {
    if (this.#worker === undefined) return Promise.reject(gone());
    this.#ids += 1;
    const id = this.#ids;
    this.#worker.postMessage({ id, ...request }, []);
    return this.#answerOf(id);
  }

  /** Idempotent; resolves when the thread is gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    const deadline = setTimeout(() => void worker.terminate(), CLOSE_TIMEOUT_MS);
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.ask({ type: 'close' }).catch(() => {});
    await exited;
    clearTimeout(deadline);
  }

  #begin(): Promise<unknown> {
    // Node 24 warns that its SQLite may still change; what is used of it is pinned by the conformance test.
    const execArgv = ['--disable-warning=ExperimentalWarning'];
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: this.#options, execArgv });
    this.#worker = worker;
    worker.on('message', (answer: StoreAnswer) => this.#answered(answer));
    worker.on('error', () => {});
    worker.once('exit', () => this.#died());
    return this.#answerOf(OPENING_ID);
  }

  #answerOf(id: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    return promise;
  }

  #answered(answer: StoreAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('value' in answer) pending?.resolve(answer.value);
    else pending?.reject(new LogError(answer.refused.fault, answer.refused.detail));
  }

  #died(): void {
    this.#worker = undefined;
    for (const { reject } of this.#pending.values()) reject(gone());
    this.#pending.clear();
    if (this.#isClosing) return;
    this.#restart = setTimeout(() => void this.#begin().catch(() => this.#worker?.terminate()), RESTART_MS);
  }
}

function gone(): LogError {
  return new LogError('unavailable', 'The thread of the session log is not there.');
}
