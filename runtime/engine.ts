/**
 * The built-in engine as the server runs it: one child process for all sessions, under the process chart.
 */
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
import type { ProcessOutput } from '../machines/events.ts';
import { processMachine } from '../machines/process.ts';
import { defaultRestartPolicy } from '../machines/restart.ts';
import { superviseRoot } from './reaper.ts';

/** The model must be loaded within this time; a slow disk needs a few seconds. */
const ENGINE_START_TIMEOUT_MS = 60_000;
const ENGINE_END_TIMEOUT_MS = 2_000;
const ENGINE_TERMINATE_TIMEOUT_MS = 2_000;
const ENGINE_KILL_TIMEOUT_MS = 2_000;
/** Longest stop of the engine, all rungs. */
export const ENGINE_STOP_MAX_MS = ENGINE_END_TIMEOUT_MS + ENGINE_TERMINATE_TIMEOUT_MS + ENGINE_KILL_TIMEOUT_MS;
/** Work waiting and no sign of life for this long: the engine hangs and is replaced. */
const ENGINE_STALL_MS = 10_000;

export interface EngineOptions {
  /** `LOCAL_MODEL`. */
  model: string;
  /** Where derived files (the token table) are kept. */
  cacheDir: string;
  /** What its process is marked with; see `ResourceList`. */
  childMark?: string | undefined;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Loading progress: the step's name and 0 to 1. */
  onProgress: (step: string, fraction: number) => void;
}

export class Engine {
  /** For viewers and operators, e.g. `local/tiny`. */
  readonly name: string;
  readonly resources: ResourceList;
  readonly actor: ActorRefFrom<typeof processMachine>;
  /** Resolves when the engine first takes audio; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the engine has ended for good. Never rejects. */
  readonly ended: Promise<ProcessOutput | undefined>;
  readonly #client: LocalEngineClient;
  readonly #log: Log;

  /** Finds and checks the model, then starts the engine. Throws `transcriber_unavailable` with the remedy. */
  static async start(options: EngineOptions): Promise<Engine> {
    const found = await findLocalModel(options.model, { cacheDir: options.cacheDir });
    if ('missing' in found) throw new CaptiondError('transcriber_unavailable', found.missing);
    return new Engine(options, found.model);
  }

  private constructor(options: EngineOptions, model: LocalModel) {
    const { log, nowMs, onProgress } = options;
    this.resources = new ResourceList(options.childMark);
    this.name = `local/${model.name}`;
    this.#log = log;
    this.#client = new LocalEngineClient({ onProgress });
    const child = bindInput(localEngineProcess, {
      client: this.#client,
      model,
      resources: this.resources,
      log,
      nowMs,
      stallMs: ENGINE_STALL_MS,
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    const machine = processMachine.provide({
      actors: { child },
      actions: {
        announceReady: () => resolve(),
        announceLost: (_, { reason }) => log.warn('the engine is replaced', { reason }),
      },
    });
    this.actor = createActor(machine, { input: engineInput });
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

  /** The transcriber actor of one session. */
  transcriber(session: { slug: string; language: string; source: ChunkSource; sink: TranscriptSink }): AnyActorLogic {
    return bindInput(localTranscriber, { ...session, client: this.#client, log: this.#log });
  }

  /** Ends the engine by its ladder; resolves when it is gone. */
  async stop(): Promise<void> {
    this.actor.send({ type: 'process.stop' });
    await this.ended;
  }

  /** Kills the engine at once. */
  force(): void {
    this.actor.stop();
    this.resources.releaseAll();
  }
}

const engineInput = {
  timing: {
    startTimeoutMs: ENGINE_START_TIMEOUT_MS,
    endTimeoutMs: ENGINE_END_TIMEOUT_MS,
    terminateTimeoutMs: ENGINE_TERMINATE_TIMEOUT_MS,
    killTimeoutMs: ENGINE_KILL_TIMEOUT_MS,
  },
  restart: defaultRestartPolicy,
};
