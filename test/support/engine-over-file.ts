/** What the built-in engine makes of PCM that is there at once: the measure for what comes over the network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActor } from 'xstate';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import type { EngineUtterance, Log } from '../../actors/ports.ts';
import { Engine } from '../../runtime/engine.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

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
  const logic = engine.transcriber({ slug: 'file', language: 'en', source: ledger, sink });
  const { promise: finished, resolve } = Promise.withResolvers<void>();
  const transcriber = createActor(logic, {
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.event.type === 'transcriber.finished') resolve();
    },
  });
  transcriber.start();
  transcriber.send({ type: 'transcriber.finish' });
  await finished;
  transcriber.stop();
  await engine.stop();
  await rm(cacheDir, { recursive: true, force: true });
  return finals.map(({ text }) => text).join(' ');
}
