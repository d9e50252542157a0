/** A session's transcription by the simulated Gladia, over marked sound that is fed faster than it was spoken. */
import { AudioLedger } from '../../actors/audio/ledger.ts';
import type { CloudBudget } from '../../actors/gladia/budget.ts';
import { defaultGladiaOptions } from '../../actors/gladia/init-request.ts';
import type { GladiaSessionOptions } from '../../actors/gladia/init-request.ts';
import type { EngineUtterance, GapCause, TranscriptSink } from '../../actors/ports.ts';
import { ResourceList } from '../../actors/resources.ts';
import { Transcript } from '../../actors/transcript.ts';
import type { GladiaTiming } from '../../machines/gladia-setup.ts';
import { gladiaTranscriber, transcriptionTiming } from '../../runtime/gladia.ts';
import { createLog } from '../../runtime/log.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator, SimulatorOptions } from '../gladia-simulator/simulator.ts';
import { markTranscriber } from './mark-transcriber.ts';
import { startTranscriber } from './transcriber-parent.ts';
import type { TranscriberParent } from './transcriber-parent.ts';

/** How many times faster than spoken. */
const PACE = 10;
const STEP_MS = 10;

export interface Final {
  text: string;
  startMs: number;
  endMs: number;
  language: string;
}

export interface GladiaRig extends AsyncDisposable {
  gladia: GladiaSimulator;
  ledger: AudioLedger;
  parent: TranscriberParent;
  resources: ResourceList;
  /** Every final that a viewer is told, in order. */
  finals: Final[];
  /** Ids of utterances that were shown and neither finished nor withdrawn. */
  hanging: Set<string>;
  gaps: { startMs: number; endMs: number; cause: GapCause }[];
  lines: string[];
  /** Feeds `pcm`; resolves when all of it is in the ledger. */
  speak(pcm: Buffer): Promise<void>;
  /** Ends the audio, has the rest said, and waits for it. */
  finish(): Promise<void>;
  /** All words of the finals in order. */
  words(): string[];
}

export interface RigOptions {
  simulator?: Partial<SimulatorOptions>;
  timing?: Partial<GladiaTiming>;
  session?: Partial<GladiaSessionOptions>;
  outageTimeoutMs?: number;
  /** Can another engine take over, that hears marks too? */
  hasFallback?: boolean;
  finalizeMs?: number;
  /** Of the account, when it is not the simulator's. */
  key?: string;
  budget?: CloudBudget;
}

export async function gladiaRig(options: RigOptions = {}): Promise<GladiaRig> {
  const gladia = await startGladia(options.simulator);
  const gaps: GladiaRig['gaps'] = [];
  const ledger = new AudioLedger({
    chunkMs: 100,
    bufferMs: 120_000,
    onGap: (startMs, endMs, cause) => void gaps.push({ startMs, endMs, cause }),
  });
  const lines: string[] = [];
  const log = createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) });
  const resources = new ResourceList();
  const seen = viewerOf();
  const plane = { slug: 'talk', source: ledger, sink: seen.sink, resources, log };
  const fallback = options.hasFallback === true ? (sink: TranscriptSink) => markTranscriber(ledger, sink) : undefined;
  const parent = startTranscriber(gladiaTranscriber({ ...plane, ...cloudOf(options, gladia), fallback }));
  const speak = (pcm: Buffer): Promise<void> => feed(ledger, pcm);
  const finish = async (): Promise<void> => {
    ledger.end();
    await parent.finish();
  };
  return {
    ...{ gladia, ledger, parent, resources, gaps, lines, speak, finish },
    finals: seen.finals,
    hanging: seen.hanging,
    words: () => seen.finals.flatMap(({ text }) => text.split(' ')),
    async [Symbol.asyncDispose]() {
      parent.stop();
      resources.releaseAll();
      await gladia[Symbol.asyncDispose]();
    },
  };
}

function cloudOf(options: RigOptions, gladia: GladiaSimulator) {
  const usual = transcriptionTiming({ finalizeMs: options.finalizeMs ?? 20_000, socketCloseMs: 500 });
  const timing = {
    ...usual,
    gladia: { ...usual.gladia, ...options.timing },
    outageTimeoutMs: options.outageTimeoutMs ?? usual.outageTimeoutMs,
  };
  return {
    account: { url: gladia.url, key: options.key ?? gladia.options.key },
    session: { ...defaultGladiaOptions, ...options.session },
    timing,
    budget: options.budget,
    nowMs: () => performance.now(),
    random: () => 0.5,
  };
}

/** What a viewer makes of it: the transcript's identity and deduplication are the real ones. */
function viewerOf() {
  const transcript = new Transcript(1_000);
  const finals: Final[] = [];
  const hanging = new Set<string>();
  const sink: TranscriptSink = {
    partial: (heard: EngineUtterance) => {
      const partial = transcript.partial(heard);
      if (partial === undefined) return;
      if (partial.text === '') hanging.delete(partial.utteranceId);
      else hanging.add(partial.utteranceId);
    },
    final: (heard: EngineUtterance) => {
      if (heard.text === '') return sink.partial(heard);
      const final = transcript.final(heard);
      if (final === undefined) return;
      hanging.delete(final.utteranceId);
      finals.push(final);
    },
  };
  return { finals, hanging, sink };
}

function feed(ledger: AudioLedger, pcm: Buffer): Promise<void> {
  const bytes = STEP_MS * PACE * 32;
  let at = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      ledger.append(pcm.subarray(at, at + bytes));
      at += bytes;
      if (at < pcm.length) return;
      clearInterval(timer);
      resolve();
    }, STEP_MS);
  });
}
