/** The real process chart over the real ffmpeg actor, with an intake and everything that it reports. */
import { once } from 'node:events';
import { createActor, waitFor } from 'xstate';
import type { ActorRefFrom } from 'xstate';
import { AudioIntake } from '../../actors/audio/intake.ts';
import { bindInput } from '../../actors/bind-input.ts';
import { ffmpegProcess } from '../../actors/ffmpeg.ts';
import type { AudioTag, GapCause, Log } from '../../actors/ports.ts';
import { ResourceList } from '../../actors/resources.ts';
import type { ProcessFact, ProcessOutput } from '../../machines/events.ts';
import { processMachine } from '../../machines/process.ts';
import type { ProcessTiming } from '../../machines/process.ts';
import { defaultRestartPolicy } from '../../machines/restart.ts';
import { ffmpegPath } from './audio-tags.ts';

export interface Gap {
  startMs: number;
  endMs: number;
  cause: GapCause;
}

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

export interface DecoderRig extends AsyncDisposable {
  actor: ActorRefFrom<typeof processMachine>;
  intake: AudioIntake;
  resources: ResourceList;
  gaps: Gap[];
  lines: LogLine[];
  /** Facts of the child actor, in order. */
  facts: ProcessFact[];
  /** Feeds tags as one publisher would, at the current time. */
  feed(tags: readonly AudioTag[]): void;
  /** Resolves at the first fact (past or future, `after` that many of the type) of this type. */
  fact<T extends ProcessFact['type']>(type: T, after?: number): Promise<Extract<ProcessFact, { type: T }>>;
  /** All PCM that has come so far, acknowledged as it is taken. */
  takePcm(): Buffer;
  /** Resolves when the ledger's head has reached `samples`. */
  reached(samples: number): Promise<void>;
  /** Ends by the ladder. */
  stop(): Promise<ProcessOutput>;
}

export interface RigOptions {
  command?: string;
  timing?: Partial<ProcessTiming>;
  stallMs?: number;
}

const nowMs = (): number => performance.now();

export function decoderRig({ command = ffmpegPath, timing = {}, stallMs = 5_000 }: RigOptions = {}): DecoderRig {
  const gaps: Gap[] = [];
  const lines: LogLine[] = [];
  const told = new ToldFacts();
  const resources = new ResourceList();
  const intake = new AudioIntake({
    chunkMs: 100,
    bufferMs: 600_000,
    onGap: (startMs, endMs, cause) => void gaps.push({ startMs, endMs, cause }),
    onFormatChanged: () => actor.send({ type: 'process.renew' }),
  });
  const input = { command, intake, resources, log: recorder(lines), nowMs, stallMs };
  const actor = createActor(processMachine.provide({ actors: { child: bindInput(ffmpegProcess, input) } }), {
    input: { timing: { ...usualTiming, ...timing }, restart: defaultRestartPolicy },
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.actorRef === actor && isFact(event.event)) told.add(event.event);
    },
  });
  actor.start();
  const rig = {
    actor,
    intake,
    resources,
    gaps,
    lines,
    facts: told.facts,
    feed: (tags: readonly AudioTag[]) => tags.forEach((tag) => intake.audio(tag, nowMs())),
    fact: <T extends ProcessFact['type']>(type: T, after?: number) => told.wait(type, after),
    takePcm: () => takePcm(intake),
    reached: (samples: number) => reached(intake, samples),
    stop: () => stop(actor),
    async [Symbol.asyncDispose]() {
      if (actor.getSnapshot().status === 'active') await rig.stop();
    },
  };
  return rig;
}

async function stop(actor: DecoderRig['actor']): Promise<ProcessOutput> {
  actor.send({ type: 'process.stop' });
  const { output } = await waitFor(actor, ({ status }) => status === 'done', { timeout: 30_000 });
  if (output === undefined) throw new Error('the chart ended without output');
  return output;
}

/** What the child has told the chart, to be waited for. */
class ToldFacts {
  readonly facts: ProcessFact[] = [];
  readonly #news = new EventTarget();

  add(fact: ProcessFact): void {
    this.facts.push(fact);
    this.#news.dispatchEvent(new Event('fact'));
  }

  async wait<T extends ProcessFact['type']>(type: T, after = 0): Promise<Extract<ProcessFact, { type: T }>> {
    const isWanted = (fact: ProcessFact): fact is Extract<ProcessFact, { type: T }> => fact.type === type;
    for (;;) {
      const fact = this.facts.filter(isWanted)[after];
      if (fact !== undefined) return fact;
      await once(this.#news, 'fact');
    }
  }
}

const usualTiming: ProcessTiming = {
  startTimeoutMs: 10_000,
  endTimeoutMs: 500,
  terminateTimeoutMs: 1_000,
  killTimeoutMs: 2_000,
};

function isFact(event: { type: string }): event is ProcessFact {
  return ['process.started', 'process.ready', 'process.stalled', 'process.exited', 'process.refused'].includes(
    event.type,
  );
}

function recorder(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function takePcm(intake: AudioIntake): Buffer {
  const { source } = intake;
  const parts: Buffer[] = [];
  let chunk = source.read(source.ackedSample);
  for (; chunk !== undefined; chunk = source.read(source.ackedSample)) {
    parts.push(Buffer.from(chunk.pcm));
    source.acknowledge(chunk.startSample + chunk.pcm.length / 2);
  }
  return Buffer.concat(parts);
}

async function reached(intake: AudioIntake, samples: number): Promise<void> {
  const { source } = intake;
  if (source.headSample >= samples) return;
  await new Promise<void>((resolve) => {
    const unsubscribe = source.subscribe(() => {
      if (source.headSample < samples) return;
      unsubscribe();
      resolve();
    });
  });
}
