/** A viewer that waits for its session, takes everything from the start and keeps it with the time of arrival. */
import { WebSocket } from 'ws';

/** What the tests look at of a v2 message. */
export interface CollectedMessage {
  type: string;
  /** Monotonic milliseconds at arrival. */
  atMs: number;
  text?: string;
  offset?: number;
  utteranceId?: string;
  startMs?: number;
  endMs?: number;
  words?: { text: string; startMs: number }[];
  state?: string;
  reason?: string;
  epoch?: number;
  ledger?: { receivedMs: number; transcribedMs: number; gapMs: number };
}

export interface Collector extends Disposable {
  messages: CollectedMessage[];
  /** The first message (past or future) that fits. Rejects when the viewer is closed before. */
  find(fits: (message: CollectedMessage) => boolean): Promise<CollectedMessage>;
  /** Resolves with the close code once the session has ended or the viewer was cut. */
  closed: Promise<number>;
  /** Texts of all finals so far, joined. */
  text(): string;
}

const RETRY_MS = 50;
const NO_SUCH_SESSION = 4004;

/** Attaches to `url`, again and again while there is no such session. */
export function collect(url: string): Collector {
  const messages: CollectedMessage[] = [];
  const waiting = new Set<() => void>();
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  let socket: WebSocket | undefined;
  let isOver = false;
  const end = (code: number): void => {
    isOver = true;
    resolve(code);
    for (const look of waiting) look();
  };
  const attach = (): void => {
    if (isOver) return;
    socket = new WebSocket(url, 'captiond.v2');
    socket.on('message', (data) => {
      messages.push({ ...(JSON.parse((data as Buffer).toString()) as CollectedMessage), atMs: performance.now() });
      for (const look of waiting) look();
    });
    socket.on('error', () => {});
    socket.on('close', (code) => (code === NO_SUCH_SESSION ? setTimeout(attach, RETRY_MS) : end(code)));
  };
  attach();
  return {
    messages,
    closed,
    find: (fits) => find({ messages, waiting, isOver: () => isOver }, fits),
    text: () => textOf(messages),
    [Symbol.dispose]() {
      end(0);
      socket?.terminate();
    },
  };
}

function textOf(messages: readonly CollectedMessage[]): string {
  return messages
    .flatMap(({ type, text }) => (type === 'transcript_final' && text !== undefined ? [text] : []))
    .join(' ');
}

interface Watched {
  messages: CollectedMessage[];
  waiting: Set<() => void>;
  isOver: () => boolean;
}

function find({ messages, waiting, isOver }: Watched, fits: (message: CollectedMessage) => boolean) {
  return new Promise<CollectedMessage>((resolve, reject) => {
    const look = (): void => {
      const found = messages.find(fits);
      if (found !== undefined) resolve(found);
      else if (isOver()) reject(new Error(`the viewer was closed without it: ${JSON.stringify(messages.slice(-5))}`));
      else return;
      waiting.delete(look);
    };
    waiting.add(look);
    look();
  });
}
