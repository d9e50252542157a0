/** The thread of the embedded session log: the only one that waits for the disk. Does one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { faultOf, SqliteStore } from './sqlite-store.ts';
import type { LogWrite, StoreOptions } from './sqlite-store.ts';
import type { LogFault } from './port.ts';

/** What the thread is asked. `id` comes back with the answer. */
export type StoreRequest = { id: number } & (
  | { type: 'write'; writes: LogWrite[] }
  | { type: 'runs' }
  | { type: 'read'; slug: string; epoch: number; after: number; limit: number }
  | { type: 'forget'; endedBefore: string }
  | { type: 'close' }
);

/** What it says. `opened` or the refusal with the id 0 comes first. */
export type StoreAnswer = { id: number; value: unknown } | { id: number; refused: { fault: LogFault; detail: string } };

/** Id of the answer that tells how opening went. */
export const OPENING_ID = 0;

function serve(): void {
  const port = parentPort;
  if (port === null) return;
  const answer = (id: number, work: () => unknown): void => {
    try {
      port.postMessage({ id, value: work() } satisfies StoreAnswer);
    } catch (error) {
      const { fault, message } = faultOf(error);
      port.postMessage({ id, refused: { fault, detail: message } } satisfies StoreAnswer);
    }
  };
  let store: SqliteStore | undefined;
  answer(OPENING_ID, () => void (store = new SqliteStore(workerData as StoreOptions)));
  port.on('message', (request: StoreRequest) => {
    answer(request.id, () => store && perform(store, request));
    if (request.type === 'close' || store === undefined) port.close();
  });
}

function perform(store: SqliteStore, request: StoreRequest): unknown {
  switch (request.type) {
    case 'write':
      return store.write(request.writes);
    case 'runs':
      return store.runs();
    case 'read':
      return store.read(request, request.after, request.limit);
    case 'forget':
      return store.forget(request.endedBefore);
    default:
      store.close();
      return 'closed';
  }
}

serve();
