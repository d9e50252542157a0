/** The server's caller of one session over records that a test writes, with a real endpoint, fast rests and a journal. */
import { createActor, toPromise } from 'xstate';
import type { CallFault } from '../../machines/ai-events.ts';
import type { InsightsInput, InsightsTiming } from '../../machines/insights.ts';
import type { AiInsight, AiRefusal } from '../../actors/ai/port.ts';
import { Endpoint } from '../../actors/insights/endpoint.ts';
import type { AnswerFormat } from '../../actors/insights/endpoint.ts';
import type { InsightData } from '../../actors/insights/answer.ts';
import { defaultPrompt } from '../../actors/insights/prompt.ts';
import { Turns } from '../../actors/turns.ts';
import { ResourceList } from '../../actors/resources.ts';
import { Encoded } from '../../actors/wire/encoded.ts';
import { insightsMachineOf } from '../../runtime/insights.ts';
import { createLog } from '../../runtime/log.ts';
import { startModelEndpoint } from './model-endpoint.ts';
import type { ModelEndpoint, ModelEndpointOptions } from './model-endpoint.ts';
import { eventually } from './processes.ts';

/** Records as a test writes them. */
export class ScriptedRecords {
  readonly #records: Encoded[] = [];
  readonly #listeners = new Set<() => void>();

  get lastOffset(): number {
    return this.#records.length;
  }

  get followers(): number {
    return this.#listeners.size;
  }

  read(offset: number): Encoded | undefined {
    return this.#records[offset - 1];
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Says these, one final each. */
  say(...texts: string[]): void {
    for (const text of texts) {
      const offset = this.lastOffset + 1;
      const spoken = { utteranceId: `u${offset}`, text, startMs: offset * 1_000, endMs: offset * 1_000 + 900 };
      const message = { type: 'transcript_final', offset, ...spoken, language: 'en' } as const;
      this.#records.push(new Encoded(message, { slug: 'talk', epoch: 1 }));
    }
    for (const listener of this.#listeners) listener();
  }
}

export interface InsightsRigOptions {
  endpoint?: ModelEndpointOptions;
  key?: string;
  format?: AnswerFormat;
  timing?: Partial<InsightsTiming>;
  input?: Partial<InsightsInput>;
  finalsMin?: number;
  turns?: Turns;
  /** An endpoint that several sessions share; it is not the rig's to end. */
  shared?: ModelEndpoint;
}

const fast: InsightsTiming = { intervalMs: 1, callTimeoutMs: 10_000, abortTimeoutMs: 500, refusalRestMs: 60_000 };

/** A desk that takes insights until it is closed. */
class ScriptedDesk {
  readonly insights: { upToOffset: number; data: InsightData }[] = [];
  isOpen = true;
  fence: number | undefined;
  readonly #listeners = new Set<() => void>();

  start(): void {
    this.hand(1);
  }

  stop(): void {
    this.fence = undefined;
  }

  /** The lease is had under this fence, or lost. */
  hand(fence: number | undefined): void {
    this.fence = fence;
    if (fence !== undefined) for (const listener of this.#listeners) listener();
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  deliver({ fence, upToOffset, data }: AiInsight): AiRefusal | undefined {
    if (!this.isOpen || fence !== this.fence) return { code: 'stale_fence' };
    this.insights.push({ upToOffset, data: data as InsightData });
    return undefined;
  }
}

function startCaller(options: InsightsRigOptions, url: string) {
  const { key = 'key', format = 'json_schema', turns = new Turns({ concurrency: 4, perPeriod: 1_000 }) } = options;
  const [records, resources, desk] = [new ScriptedRecords(), new ResourceList(), new ScriptedDesk()];
  const lines: string[] = [];
  const failures: CallFault[] = [];
  const machine = insightsMachineOf({
    endpoint: new Endpoint({ baseUrl: url, key, model: 'm', format }),
    prompt: defaultPrompt,
    finalsMin: options.finalsMin ?? 1,
    log: createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) }),
    nowMs: () => performance.now(),
    random: () => 0,
    ...{ turns, records, desk, resources },
  });
  const timing = { ...fast, ...options.timing };
  const actor = createActor(machine, {
    input: { timing, callsMax: 100, tokensMax: 1_000_000, ...options.input },
    inspect: (inspected) => {
      if (inspected.type !== '@xstate.event' || inspected.event.type !== 'call.failed') return;
      failures.push((inspected.event as unknown as { cause: CallFault }).cause);
    },
  });
  actor.start();
  return { records, resources, desk, insights: desk.insights, lines, failures, actor };
}

export async function insightsRig(options: InsightsRigOptions = {}) {
  const endpoint = options.shared ?? (await startModelEndpoint(options.endpoint));
  const caller = startCaller(options, endpoint.url);
  const { actor, insights } = caller;
  return {
    ...caller,
    endpoint,
    /** Resolves when the chart is there. */
    reaches: (state: string): Promise<void> =>
      eventually(state, () => JSON.stringify(actor.getSnapshot().value).includes(state), 10_000),
    made: (count: number): Promise<void> => eventually(`${count} insights`, () => insights.length >= count, 10_000),
    /** Stops the caller and waits until it has. */
    stop: async (): Promise<void> => {
      actor.send({ type: 'insights.stop' });
      await toPromise(actor);
    },
    async [Symbol.asyncDispose]() {
      actor.stop();
      if (options.shared === undefined) await endpoint[Symbol.asyncDispose]();
    },
  };
}
