/**
 * Node's own debugger protocol to a running program: how much memory is in use after a collection. The program needs no
 * hook for it, only `--inspect`.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface HeapFact {
  heapBytes: number;
  externalBytes: number;
}

const MEMORY = '(({ heapUsed, external }) => ({ heapUsed, external }))(process.memoryUsage())';
const ANSWER_MS = 30_000;

export class Debugger {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
      if (id !== undefined) this.#waiting.get(id)?.(result);
    });
  }

  /** @param url As the program prints it. */
  static async attach(url: string): Promise<Debugger> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Debugger(socket);
  }

  /** Collects garbage twice and measures; undefined when the program does not answer. */
  async heap(): Promise<HeapFact | undefined> {
    await this.#ask('HeapProfiler.collectGarbage');
    await this.#ask('HeapProfiler.collectGarbage');
    const answer = await this.#ask('Runtime.evaluate', { expression: MEMORY, returnByValue: true });
    const { result } = (answer ?? {}) as { result?: { value?: { heapUsed: number; external: number } } };
    if (result?.value === undefined) return undefined;
    return { heapBytes: result.value.heapUsed, externalBytes: result.value.external };
  }

  /** A program that is being debugged does not end. */
  async detach(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
    const id = (this.#count += 1);
    return new Promise((resolve) => {
      const done = (answer: unknown): void => {
        clearTimeout(deadline);
        this.#socket.off('close', gone);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const gone = (): void => done(undefined);
      const deadline = setTimeout(gone, ANSWER_MS);
      this.#socket.once('close', gone);
      this.#waiting.set(id, done);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
