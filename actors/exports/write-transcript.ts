/** Transcripts are written in a thread, one after the other: a crowd that asks for the longest takes one core at most. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import PQueue from 'p-queue';
import type { TranscriptOrder } from './worker.ts';

/** Orders that may wait; further ones are refused. */
export const ORDERS_MAX = 32;
/** No run that fits into the log takes as long. */
const WRITE_TIMEOUT_MS = 30_000;
const MEMORY_MAX_MB = 1_024;

const orders = new PQueue({ concurrency: 1 });

/** Undefined when too many wait already. Rejects when the thread fails. */
export async function writeTranscript(order: TranscriptOrder): Promise<string | undefined> {
  if (orders.size >= ORDERS_MAX) return undefined;
  return await orders.add(() => written(order));
}

async function written(order: TranscriptOrder): Promise<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
  });
  try {
    const [text] = await once(worker, 'message', { signal: AbortSignal.timeout(WRITE_TIMEOUT_MS) });
    return text as string;
  } finally {
    await worker.terminate();
  }
}
