/** The engines of this server, and the transcriber that a session gets of them. */
import { join } from 'node:path';
import type { AnyActorLogic } from 'xstate';
import { defaultGladiaOptions } from '../actors/gladia/init-request.ts';
import type { ChunkSource, Log, TranscriptSink } from '../actors/ports.ts';
import type { ResourceList } from '../actors/resources.ts';
import { CaptiondError } from '../machines/errors.ts';
import { chosenEngine } from './config.ts';
import type { Config } from './config.ts';
import { Engine } from './engine.ts';
import { gladiaTranscriber, transcriptionTiming } from './gladia.ts';

export interface TranscribersOptions {
  config: Config;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Loading progress of the built-in engine: the step's name and 0 to 1. */
  onProgress: (step: string, fraction: number) => void;
}

/** A session's ends of the data plane. */
export interface SessionPlane {
  slug: string;
  source: ChunkSource;
  sink: TranscriptSink;
  resources: ResourceList;
  log: Log;
}

export interface Transcribers {
  /** Of the engine that sessions begin with, for viewers and operators. */
  readonly name: string;
  /** Could a session be transcribed now? */
  readonly isUp: boolean;
  /** The transcriber actor of one session. */
  of(plane: SessionPlane): AnyActorLogic;
  stop(): Promise<void>;
  force(): void;
}

/** Starts what the options ask for. @throws CaptiondError `transcriber_unavailable` with the remedy */
export async function createTranscribers(options: TranscribersOptions): Promise<Transcribers> {
  const { config, log } = options;
  if (chosenEngine(config) === 'local') return localTranscribers(await startEngine(options), config);
  const engine = config.transcriberFallback === 'local' ? await startFallback(options) : undefined;
  const isFallbackFit = config.languages.includes('en');
  if (engine !== undefined && !isFallbackFit) {
    log.warn('the built-in engine hears English only and cannot take over', { languages: config.languages });
  }
  return cloudTranscribers(options, isFallbackFit ? engine : undefined);
}

async function startEngine({ config, log, nowMs, onProgress }: TranscribersOptions): Promise<Engine> {
  const cacheDir = join(config.dataDir, 'cache');
  const engine = await Engine.start({ model: config.localModel, cacheDir, log, nowMs, onProgress });
  await engine.ready;
  return engine;
}

/** Gladia alone serves too. */
async function startFallback(options: TranscribersOptions): Promise<Engine | undefined> {
  try {
    return await startEngine(options);
  } catch (error) {
    if (!(error instanceof CaptiondError)) throw error;
    options.log.warn('there is no fallback for Gladia', { reason: error.message });
    return undefined;
  }
}

const isRunning = (engine: Engine): boolean => engine.actor.getSnapshot().matches({ up: 'running' });

function localTranscribers(engine: Engine, { languages }: Config): Transcribers {
  return {
    name: engine.name,
    get isUp() {
      return isRunning(engine);
    },
    of: ({ slug, source, sink }) => engine.transcriber({ slug, language: languages[0] ?? 'en', source, sink }),
    stop: () => engine.stop(),
    force: () => engine.force(),
  };
}

function cloudTranscribers({ config, nowMs }: TranscribersOptions, engine: Engine | undefined): Transcribers {
  const account = { url: config.gladiaUrl, key: config.gladiaApiKey ?? '' };
  const session = { ...defaultGladiaOptions, region: config.gladiaRegion, languages: config.languages };
  const timing = transcriptionTiming(config);
  return {
    name: `gladia/${session.model}`,
    isUp: true,
    of: (plane) =>
      gladiaTranscriber({
        ...plane,
        account,
        session,
        timing,
        nowMs,
        random: Math.random,
        fallback:
          engine && ((sink) => engine.transcriber({ slug: plane.slug, language: 'en', source: plane.source, sink })),
      }),
    stop: async () => engine?.stop(),
    force: () => engine?.force(),
  };
}
