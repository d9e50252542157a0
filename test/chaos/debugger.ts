/**
 * Node's own debugger protocol to a running program: how much memory is in use after a collection. The program needs no
 * hook for it, only `--inspect`.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface HeapFact {
  /** What the program holds: objects, strings, buffers' heads. */
  dataBytes: number;
  /** What V8 has made of its source: grows for as long as new paths are taken, and is no leak. */
  codeBytes: number;
}

const CODE_SPACES = /^(code|trusted)_/;
const SPACES = `process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
  .map(({ space_name, space_used_size }) => [space_name, space_used_size])`;
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
    const answer = await this.#ask('Runtime.evaluate', { expression: SPACES, returnByValue: true });
    const { result } = (answer ?? {}) as { result?: { value?: [name: string, bytes: number][] } };
    if (result?.value === undefined) return undefined;
    const { code = [], data = [] } = Object.groupBy(result.value, ([name]) =>
      CODE_SPACES.test(name) ? 'code' : 'data',
    );
    const sum = (spaces: typeof data): number => spaces.reduce((bytes, [, used]) => bytes + used, 0);
    return { dataBytes: sum(data), codeBytes: sum(code) };
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
