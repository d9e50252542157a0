/** The built-in engine in its own process, and sessions that only listen to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import type { EngineUtterance, GapCause, Log } from '../../actors/ports.ts';
import type { TranscriberFact } from '../../machines/events.ts';
import { Engine } from '../../runtime/engine.ts';
import type { EngineBounds } from '../../runtime/engine.ts';
import { ServingClock } from '../../runtime/serving-clock.ts';
import { startTranscriber } from './transcriber-parent.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One session at the engine. */
export interface Listening {
  ledger: AudioLedger;
  partials: EngineUtterance[];
  finals: EngineUtterance[];
  gaps: { startMs: number; endMs: number; cause: GapCause }[];
  /** What the transcriber has told, in order. */
  facts: TranscriberFact[];
  /** Resolves once this has been told (again). */
  told(type: TranscriberFact['type'], times?: number): Promise<void>;
  /** Asks for the last finals and waits for them. */
  finish(): Promise<void>;
  /** Texts of the finals. */
  text(): string;
}

export interface EngineRig extends AsyncDisposable {
  engine: Engine;
  /** The process that runs now. */
  pid(): number;
  /** A session that hears `pcm` (s16le mono 16 kHz), which is all there will be: at once, or as it is spoken. */
  listen(pcm: Buffer, pace?: 'at once' | 'live'): Listening;
}

export interface EngineRigOptions {
  model?: string;
  bounds?: Partial<EngineBounds>;
}

const STEP_MS = 100;
const STEP_BYTES = STEP_MS * 32;

export async function startEngine({ model = 'tiny', bounds }: EngineRigOptions = {}): Promise<EngineRig> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'captiond-engine-'));
  const clock = new ServingClock({ onHeldUp: () => {} });
  const engine = await Engine.start({
    model,
    cacheDir,
    log: quiet,
    clock,
    onProgress: () => {},
    ...(bounds && { bounds }),
  });
  await engine.ready;
  return {
    engine,
    pid: () => Number(engine.resources.names()[0]?.split(' ')[1]),
    listen: (pcm, pace = 'at once') => listen(engine, pcm, pace),
    async [Symbol.asyncDispose]() {
      await engine.stop();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

function listen(engine: Engine, pcm: Buffer, pace: 'at once' | 'live'): Listening {
  const gaps: Listening['gaps'] = [];
  const ledger = new AudioLedger({
    chunkMs: 100,
    bufferMs: pcm.length / 32 + 1_000,
    onGap: (startMs, endMs, cause) => void gaps.push({ startMs, endMs, cause }),
  });
  if (pace === 'live') speak(ledger, pcm);
  else {
    ledger.append(pcm);
    ledger.end();
  }
  const partials: EngineUtterance[] = [];
  const finals: EngineUtterance[] = [];
  const sink = {
    partial: (heard: EngineUtterance) => void partials.push(heard),
    final: (heard: EngineUtterance) => void finals.push(heard),
  };
  const transcriber = engine.transcriber({ slug: 'talk', language: 'en', source: ledger, sink });
  const { facts, told, finish } = startTranscriber(transcriber);
  const finishReady = async (): Promise<void> => {
    await told('transcriber.ready');
    await finish();
  };
  return {
    ledger,
    partials,
    finals,
    gaps,
    facts,
    told,
    finish: finishReady,
    text: () => finals.map(({ text }) => text).join(' '),
  };
}

/** A tenth of a second every tenth of a second, as long as somebody listens. */
function speak(ledger: AudioLedger, pcm: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    ledger.append(pcm.subarray(at, at + STEP_BYTES));
    at += STEP_BYTES;
    if (at < pcm.length) return;
    clearInterval(timer);
    ledger.end();
  }, STEP_MS);
  timer.unref();
}
