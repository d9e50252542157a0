/**
 * The engine's process: models and decoders of all sessions, away from the server, because native code can end a
 * process. Speaks `local/protocol.ts` over IPC; leaves when it is told to or when the server is gone.
 */
import { availableParallelism } from 'node:os';
import { DecodeQueue } from './local/decode-queue.ts';
import { EngineSession } from './local/engine-session.ts';
import type { LocalModel } from './local/local-model.ts';
import type { FromEngine, ToEngine } from './local/protocol.ts';
import type { Recognizer } from './local/sherpa.ts';

const ALIVE_MS = 1_000;
const WARM_UP_SAMPLES = 16_000;
/** Decodes at once: more of them make every one slower, and the server needs a core too. */
const DECODE_THREADS = availableParallelism() >= 4 ? 2 : 1;

const nowMs = (): number => performance.now();
const sessions = new Map<number, EngineSession>();
const queue = new DecodeQueue({ threads: DECODE_THREADS, nowMs, onError: fail });
let open: ((session: number) => EngineSession) | undefined;

function tell(message: FromEngine): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  setImmediate(() => process.exit());
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToEngine) => {
  if (message.type === 'load') load(message.model).catch(fail);
  else if (message.type === 'shut_down') process.exit(0);
  else serve(message);
});
setInterval(() => {
  if (!queue.isStuck) tell({ type: 'alive', rssBytes: process.memoryUsage.rss() });
}, ALIVE_MS);

async function load(model: LocalModel): Promise<void> {
  const { createVad, loadRecognizer, transcribe } = await import('./local/sherpa.ts');
  tell({ type: 'progress', step: `model ${model.name}`, fraction: 0.1 });
  const finals = await loadRecognizer(model.finals);
  if (model.partials !== undefined) tell({ type: 'progress', step: 'model of partials', fraction: 0.6 });
  const partials: Recognizer = model.partials === undefined ? finals : await loadRecognizer(model.partials);
  tell({ type: 'progress', step: 'warming up', fraction: 0.9 });
  await transcribe(finals, new Float32Array(WARM_UP_SAMPLES));
  open = (session) =>
    new EngineSession({
      session,
      vad: createVad(model.vad),
      queue,
      transcribe: (kind, samples) => transcribe(kind === 'final' ? finals : partials, samples),
      tell,
      nowMs,
    });
  tell({ type: 'ready' });
}

function serve(message: Exclude<ToEngine, { type: 'load' | 'shut_down' }>): void {
  const { session } = message;
  if (message.type === 'open') {
    if (open !== undefined) sessions.set(session, open(session));
    return;
  }
  const heard = sessions.get(session);
  if (message.type === 'audio') heard?.audio(toFloats(message.pcm), message.startSample, message.behindSamples);
  else if (message.type === 'finish') heard?.finish();
  else {
    heard?.close();
    sessions.delete(session);
  }
}

/** Through a copy: what comes over IPC may begin at an odd address. */
function toFloats(pcm: Uint8Array): Float32Array {
  const samples = new Int16Array(new Uint8Array(pcm).buffer);
  return Float32Array.from(samples, (sample) => sample / 32_768);
}
