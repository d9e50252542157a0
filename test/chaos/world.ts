/** Everything of one run of the fault suite: the server, its engine, the ways between them, who speaks and who watches. */
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import type { Broadcast } from './broadcast.ts';
import { Disk } from './disk.ts';
import { Oracle } from './oracle.ts';
import { ServerProgram } from './server-program.ts';
import { Stage } from './stage.ts';
import type { Surroundings, WorldOptions } from './surroundings.ts';
import { writeTalk } from './talk.ts';
import { ViewerProcess } from './viewer-process.ts';

/** Sessions that the simulated Gladia takes: those of a killed server stay for a while. */
const CONCURRENCY = 500;
/** Of the simulated Gladia, what it remembers longer than needed. */
const JOURNAL_MAX = 20_000;

export class World implements Surroundings {
  readonly options: WorldOptions;
  readonly oracle: Oracle;
  readonly server: ServerProgram;
  readonly gladia: GladiaSimulator;
  /** Between the server and Gladia. */
  readonly engineProxy: TcpProxy;
  /** Between viewers and the server. */
  readonly viewerProxy: TcpProxy;
  readonly stages: readonly Stage[];
  readonly disk: Disk;
  /** Viewers in a process of their own. */
  readonly viewerProcess: ViewerProcess;
  readonly wav: string;
  isEnding = false;
  readonly #judging = new Set<Promise<void>>();
  readonly #held: AsyncDisposableStack;
  #playing: Promise<unknown> = Promise.resolve();

  private constructor(options: WorldOptions, parts: Parts, held: AsyncDisposableStack) {
    this.options = options;
    this.oracle = new Oracle(({ atMs, where, what }) =>
      options.onBreach(`${(atMs / 1_000).toFixed(1)} s  ${where}: ${what}`),
    );
    this.server = parts.server;
    this.gladia = parts.gladia;
    this.engineProxy = parts.engineProxy;
    this.viewerProxy = parts.viewerProxy;
    this.viewerProcess = parts.viewerProcess;
    this.wav = parts.wav;
    this.disk = new Disk(parts.server, () => this.broadcasts.every(({ reference }) => reference.keeper.isDurable));
    this.stages = Array.from({ length: options.stages }, (_, index) => new Stage(this, `stage-${index + 1}`));
    this.#held = held;
  }

  static async build(options: WorldOptions): Promise<World> {
    const held = new AsyncDisposableStack();
    try {
      return new World(options, await buildParts(options, held), held);
    } catch (error) {
      await held.disposeAsync();
      throw error;
    }
  }

  /** Runs that go on. */
  get broadcasts(): Broadcast[] {
    return this.stages.flatMap(({ current }) => current ?? []);
  }

  get random(): () => number {
    return this.options.random;
  }

  /** Begins to speak. */
  begin(): void {
    this.#playing = Promise.all(this.stages.map((stage) => stage.play()));
  }

  /** A run that is over is being looked at. */
  judging(judged: Promise<void>): void {
    this.#judging.add(judged);
    void judged.then(() => this.#judging.delete(judged));
    this.#forget();
  }

  /** Ends every run in order; resolves when all have been judged. */
  async end(): Promise<void> {
    this.isEnding = true;
    for (const broadcast of this.broadcasts) void broadcast.end('publisher');
    await this.#playing;
    await Promise.all(this.#judging);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.broadcasts.map((broadcast) => broadcast.abandon()));
    await this.#held.disposeAsync();
  }

  /** The simulated Gladia's memory is no part of what is measured, and the machine's is finite. */
  #forget(): void {
    const { journal, sessions, url, options } = this.gladia;
    if (journal.length > JOURNAL_MAX) {
      const strange = journal.filter(({ type }) => type === 'violation');
      journal.splice(0, journal.length, ...strange);
    }
    for (const { id, state } of sessions) {
      if (state !== 'ended') continue;
      const headers = { 'x-gladia-key': options.key };
      void fetch(`${url}/v2/live/${id}`, { method: 'DELETE', headers }).catch(() => {});
    }
  }
}

interface Parts {
  server: ServerProgram;
  gladia: GladiaSimulator;
  engineProxy: TcpProxy;
  viewerProxy: TcpProxy;
  viewerProcess: ViewerProcess;
  wav: string;
}

async function buildParts({ random }: WorldOptions, held: AsyncDisposableStack): Promise<Parts> {
  const talk = held.use(await writeTalk());
  const gladia = held.use(await startGladia({ concurrency: CONCURRENCY }));
  const engineProxy = held.use(await tcpProxy(Number(new URL(gladia.url).port), { random }));
  gladia.options.publicUrl = `http://127.0.0.1:${engineProxy.port}`;
  const address = { GLADIA_URL: gladia.options.publicUrl, GLADIA_API_KEY: gladia.options.key };
  const server = held.use(await ServerProgram.start(address));
  const viewerProxy = held.use(await tcpProxy(server.ports.http, { random }));
  const viewerProcess = held.use(new ViewerProcess());
  return { server, gladia, engineProxy, viewerProxy, viewerProcess, wav: talk.path };
}
