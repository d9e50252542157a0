/**
 * The built-in engine as the server runs it: one child process for all sessions, under the engine chart.
 */
import { totalmem } from 'node:os';
import { createActor, toPromise } from 'xstate';
import type { ActorRefFrom, AnyActorLogic } from 'xstate';
import { bindInput } from '../actors/bind-input.ts';
import { LocalEngineClient } from '../actors/local/client.ts';
import { findLocalModel } from '../actors/local/model.ts';
import type { LocalModel } from '../actors/local/local-model.ts';
import { localEngineProcess } from '../actors/local-engine.ts';
import { localTranscriber } from '../actors/local-transcriber.ts';
import type { ChunkSource, Log, TranscriptSink } from '../actors/ports.ts';
import { ResourceList } from '../actors/resources.ts';
import { CaptiondError } from '../machines/errors.ts';
import { engineMachine, engineProcessMachine } from '../machines/engine.ts';
import type { EngineOutput } from '../machines/engine.ts';
import { defaultRestartPolicy } from '../machines/restart.ts';
import { superviseRoot } from './reaper.ts';
import type { ServingClock } from './serving-clock.ts';

/** The model must be loaded within this time; a slow disk needs a few seconds. */
const ENGINE_START_TIMEOUT_MS = 60_000;
const ENGINE_END_TIMEOUT_MS = 2_000;
const ENGINE_TERMINATE_TIMEOUT_MS = 2_000;
const ENGINE_KILL_TIMEOUT_MS = 2_000;
/** Longest stop of the engine, all rungs. */
export const ENGINE_STOP_MAX_MS = ENGINE_END_TIMEOUT_MS + ENGINE_TERMINATE_TIMEOUT_MS + ENGINE_KILL_TIMEOUT_MS;
/** Work waiting and no sign of life for this long: the engine hangs and is replaced. */
const ENGINE_STALL_MS = 10_000;
/** From the end of one restart budget to the next. */
const ENGINE_REST_MS = 30_000;
/** The engine needs about a third of this for 20 talkers; above it something leaks, and it is replaced. */
const ENGINE_RSS_MAX_BYTES = Math.min(2 * 1024 ** 3, (process.constrainedMemory() || totalmem()) / 2);

export interface EngineOptions {
  /** `LOCAL_MODEL`. */
  model: string;
  /** Where derived files (the token table) are kept. */
  cacheDir: string;
  /** What its process is marked with; see `ResourceList`. */
  childMark?: string | undefined;
  log: Log;
  clock: Pick<ServingClock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  /** Loading progress: the step's name and 0 to 1. */
  onProgress: (step: string, fraction: number) => void;
  /** Other bounds than the usual ones. */
  bounds?: Partial<EngineBounds>;
}

/** What the engine may take. */
export interface EngineBounds {
  rssMaxBytes: number;
  restMs: number;
}

const usualBounds: EngineBounds = { rssMaxBytes: ENGINE_RSS_MAX_BYTES, restMs: ENGINE_REST_MS };

export class Engine {
  /** For viewers and operators, e.g. `local/tiny`. */
  readonly name: string;
  readonly resources: ResourceList;
  readonly actor: ActorRefFrom<typeof engineMachine>;
  /** Resolves when the engine first takes audio; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the engine has ended for good. Never rejects. */
  readonly ended: Promise<EngineOutput | undefined>;
  readonly #client: LocalEngineClient;
  readonly #log: Log;

  /** Finds and checks the model, then starts the engine. Throws `transcriber_unavailable` with the remedy. */
  static async start(options: EngineOptions): Promise<Engine> {
    const found = await findLocalModel(options.model, { cacheDir: options.cacheDir });
    if ('missing' in found) throw new CaptiondError('transcriber_unavailable', found.missing);
    return new Engine(options, found.model);
  }

  private constructor(options: EngineOptions, model: LocalModel) {
    const { log, clock, onProgress } = options;
    const bounds = { ...usualBounds, ...options.bounds };
    this.resources = new ResourceList(options.childMark);
    this.name = `local/${model.name}`;
    this.#log = log;
    this.#client = new LocalEngineClient({ onProgress });
    const child = bindInput(localEngineProcess, {
      client: this.#client,
      model,
      resources: this.resources,
      log,
      nowMs: clock.nowMs,
      stallMs: ENGINE_STALL_MS,
      rssMaxBytes: bounds.rssMaxBytes,
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    const machine = engineMachine.provide({
      actors: { process: engineProcessMachine.provide({ actors: { child } }) },
      actions: {
        announceServing: () => resolve(),
        announceReplacing: (_, { reason }) => log.warn('the engine is replaced', { reason }),
        announceDown: (_, { reason }) => this.#down(reason, bounds.restMs),
      },
    });
    this.actor = createActor(machine, { clock, input: { process: processInput, restMs: bounds.restMs } });
    superviseRoot(this.actor, this.resources, (left, error) => {
      if (left > 0 || error !== undefined) log.error('the engine chart ended badly', { left, error: String(error) });
    });
    this.ended = toPromise(this.actor).catch(() => undefined);
    void this.ended.then((output) => {
      const why = output?.reason ?? 'it ended';
      this.#client.fail(why);
      reject(new CaptiondError('transcriber_unavailable', `The engine could not be started: ${why}.`));
    });
    this.actor.start();
  }

  /** Is it out of order, so that sessions that need it would fail? While a process is replaced it is not. */
  get isDown(): boolean {
    const snapshot = this.actor.getSnapshot();
    return snapshot.status !== 'active' || snapshot.hasTag('down');
  }

  /** The transcriber actor of one session. */
  transcriber(session: { slug: string; language: string; source: ChunkSource; sink: TranscriptSink }): AnyActorLogic {
    return bindInput(localTranscriber, { ...session, client: this.#client, log: this.#log });
  }

  /** Ends the engine by its ladder; resolves when it is gone. */
  async stop(): Promise<void> {
    this.actor.send({ type: 'engine.stop' });
    await this.ended;
  }

  /** Kills the engine at once. */
  force(): void {
    this.actor.stop();
    this.resources.releaseAll();
  }

  #down(reason: string, restMs: number): void {
    this.#log.error('the engine has failed too often; its sessions fail, and it is tried again after a rest', {
      reason,
      restMs,
    });
    this.#client.fail(reason);
  }
}

const processInput = {
  timing: {
    startTimeoutMs: ENGINE_START_TIMEOUT_MS,
    endTimeoutMs: ENGINE_END_TIMEOUT_MS,
    terminateTimeoutMs: ENGINE_TERMINATE_TIMEOUT_MS,
    killTimeoutMs: ENGINE_KILL_TIMEOUT_MS,
  },
  restart: defaultRestartPolicy,
};
