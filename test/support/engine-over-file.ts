/** What the built-in engine makes of PCM that is there at once: the measure for what comes over the network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActor, sendTo, setup, toPromise } from 'xstate';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import type { EngineUtterance, Log } from '../../actors/ports.ts';
import type { TranscriberCommand, TranscriberFact } from '../../machines/events.ts';
import { callbackSlot } from '../../machines/slots.ts';
import { Engine } from '../../runtime/engine.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Asks for the last finals as soon as the transcriber is ready, and ends when they are there. */
const listener = setup({
  types: { events: {} as TranscriberFact, children: {} as { transcriber: 'transcriber' } },
  actors: { transcriber: callbackSlot<TranscriberCommand>('transcriber') },
}).createMachine({
  initial: 'listening',
  states: {
    listening: {
      invoke: { id: 'transcriber', src: 'transcriber' },
      on: {
        'transcriber.ready': { actions: sendTo('transcriber', { type: 'transcriber.finish' }) },
        'transcriber.finished': 'done',
      },
    },
    done: { type: 'final' },
  },
});

/** The finals' text over `pcm` (s16le mono 16 kHz), by a fresh engine of this model. */
export async function engineOverFile(pcm: Buffer, model = 'tiny'): Promise<string> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'captiond-engine-'));
  const nowMs = (): number => performance.now();
  const engine = await Engine.start({ model, cacheDir, log: quiet, nowMs, onProgress: () => {} });
  await engine.ready;
  const ledger = new AudioLedger({ chunkMs: 100, bufferMs: pcm.length / 32 + 1_000, onGap: () => {} });
  const finals: EngineUtterance[] = [];
  const sink = { partial: () => {}, final: (utterance: EngineUtterance) => void finals.push(utterance) };
  ledger.append(pcm);
  ledger.end();
  const transcriber = engine.transcriber({ slug: 'file', language: 'en', source: ledger, sink });
  const listening = createActor(listener.provide({ actors: { transcriber } }));
  listening.start();
  await toPromise(listening);
  await engine.stop();
  await rm(cacheDir, { recursive: true, force: true });
  return finals.map(({ text }) => text).join(' ');
}
