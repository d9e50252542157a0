/** The engines of this server, and the transcriber that a session gets of them. */
import { join } from 'node:path';
import type { AnyActorLogic } from 'xstate';
import type { OnLimit } from '../actors/limit-names.ts';
import { defaultGladiaOptions } from '../actors/gladia/init-request.ts';
import type { ChunkSource, Log, TranscriptSink } from '../actors/ports.ts';
import type { ResourceList } from '../actors/resources.ts';
import { CaptiondError } from '../machines/errors.ts';
import { createCloudBudget } from './budgets/cloud-budget.ts';
import { chosenEngine } from './config.ts';
import type { Config } from './config.ts';
import { Engine } from './engine.ts';
import { gladiaTranscriber, transcriptionTiming } from './gladia.ts';
import type { ServingClock } from './serving-clock.ts';
import type { SessionWishes } from './session-wishes.ts';

export interface TranscribersOptions {
  config: Config;
  /** What child processes are marked with. */
  childMark: string;
  log: Log;
  clock: Pick<ServingClock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  /** Loading progress of the built-in engine: the step's name and 0 to 1. */
  onProgress: (step: string, fraction: number) => void;
  onLimit: OnLimit;
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
  /** Of the engine that a session begins with, for viewers and operators. */
  nameOf(wishes: SessionWishes | undefined): string;
  /** Could a session be transcribed now? */
  readonly isUp: boolean;
  /** Why the wishes of a session cannot be met here; undefined when they can. */
  refuses(wishes: SessionWishes): string | undefined;
  /** The transcriber actor of one session. */
  of(plane: SessionPlane, wishes?: SessionWishes): AnyActorLogic;
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
  return cloudTranscribers(options, engine);
}

async function startEngine({ config, ...options }: TranscribersOptions): Promise<Engine> {
  const cacheDir = join(config.dataDir, 'cache');
  const engine = await Engine.start({ model: config.localModel, cacheDir, ...options });
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

function localTranscribers(engine: Engine, { languages }: Config): Transcribers {
  return {
    nameOf: () => engine.name,
    refuses: (wishes) => {
      if (wishes.transcriber === 'gladia') return 'transcriber must be local: the server has no GLADIA_API_KEY.';
      const { languages: wanted = ['en'], ...others } = wishes.gladia;
      if (wanted.join() !== 'en') return 'languages must be ["en"] for the built-in engine.';
      const [field] = Object.keys(others);
      return field === undefined ? undefined : `${field} is for Gladia alone.`;
    },
    get isUp() {
      return !engine.isDown;
    },
    of: ({ slug, source, sink }) => engine.transcriber({ slug, language: languages[0] ?? 'en', source, sink }),
    stop: () => engine.stop(),
    force: () => engine.force(),
  };
}

function cloudTranscribers(
  { config, clock: { nowMs }, onLimit }: TranscribersOptions,
  engine: Engine | undefined,
): Transcribers {
  const account = { url: config.gladiaUrl, key: config.gladiaApiKey ?? '' };
  const usual = { ...defaultGladiaOptions, region: config.gladiaRegion, languages: config.languages };
  const timing = transcriptionTiming(config);
  const budget = createCloudBudget({ minutesPerDay: config.gladiaMinutesPerDay, nowMs, onLimit });
  const local = engine === undefined ? undefined : localTranscribers(engine, config);
  const isLocal = (wishes: SessionWishes | undefined): boolean => wishes?.transcriber === 'local';
  return {
    nameOf: (wishes) => (isLocal(wishes) && local ? local.nameOf(wishes) : `gladia/${usual.model}`),
    refuses: (wishes) => {
      if (!isLocal(wishes)) return undefined;
      return local === undefined
        ? 'transcriber must be gladia: the built-in engine is not there.'
        : local.refuses(wishes);
    },
    isUp: true,
    of: (plane, wishes) => {
      if (isLocal(wishes) && local !== undefined) return local.of(plane);
      const session = { ...usual, ...wishes?.gladia };
      const isFit = engine !== undefined && session.languages.includes('en');
      return gladiaTranscriber({
        ...plane,
        account,
        session,
        timing,
        budget,
        nowMs,
        random: Math.random,
        fallback: isFit
          ? (sink) => engine.transcriber({ slug: plane.slug, language: 'en', source: plane.source, sink })
          : undefined,
      });
    },
    stop: async () => engine?.stop(),
    force: () => engine?.force(),
  };
}
