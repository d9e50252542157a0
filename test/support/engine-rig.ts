/** The built-in engine in its own process, and sessions that only listen to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActor, sendTo, setup } from 'xstate';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import type { EngineUtterance, GapCause, Log } from '../../actors/ports.ts';
import type { TranscriberCommand, TranscriberFact } from '../../machines/events.ts';
import { callbackSlot } from '../../machines/slots.ts';
import { Engine } from '../../runtime/engine.ts';
import { eventually } from './processes.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Passes the order to finish on, and remembers what it is told. */
const listener = setup({
  types: {
    events: {} as TranscriberFact | { type: 'finish' },
    children: {} as { transcriber: 'transcriber' },
  },
  actors: { transcriber: callbackSlot<TranscriberCommand>('transcriber') },
}).createMachine({
  invoke: { id: 'transcriber', src: 'transcriber' },
  on: { finish: { actions: sendTo('transcriber', { type: 'transcriber.finish' }) } },
});

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

const WAIT_MS = 40_000;
const STEP_MS = 100;
const STEP_BYTES = STEP_MS * 32;

export async function startEngine(model = 'tiny'): Promise<EngineRig> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'captiond-engine-'));
  const nowMs = (): number => performance.now();
  const engine = await Engine.start({ model, cacheDir, log: quiet, nowMs, onProgress: () => {} });
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
  const facts: TranscriberFact[] = [];
  const sink = {
    partial: (heard: EngineUtterance) => void partials.push(heard),
    final: (heard: EngineUtterance) => void finals.push(heard),
  };
  const transcriber = engine.transcriber({ slug: 'talk', language: 'en', source: ledger, sink });
  const actor = createActor(listener.provide({ actors: { transcriber } }), {
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.event.type.startsWith('transcriber.') && event.actorRef === actor) {
        facts.push(event.event as TranscriberFact);
      }
    },
  });
  actor.start();
  const told = (type: TranscriberFact['type'], times = 1): Promise<void> =>
    eventually(`${type} ${times} times`, () => facts.filter((fact) => fact.type === type).length >= times, WAIT_MS);
  const finish = async (): Promise<void> => {
    await told('transcriber.ready');
    actor.send({ type: 'finish' });
    await told('transcriber.finished');
    actor.stop();
  };
  return { ledger, partials, finals, gaps, facts, told, finish, text: () => finals.map(({ text }) => text).join(' ') };
}

/** A tenth of a second every tenth of a second. */
function speak(ledger: AudioLedger, pcm: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    ledger.append(pcm.subarray(at, at + STEP_BYTES));
    at += STEP_BYTES;
    if (at < pcm.length) return;
    clearInterval(timer);
    ledger.end();
  }, STEP_MS);
}
