/**
 * The socket of one session at Gladia, one connection of it. What is decided about it is in `machines/gladia.ts`; what
 * goes over it is in `gladia/link.ts`.
 */
import { WebSocket } from 'ws';
import { fromCallback } from 'xstate';
import type { GladiaSocketCommand, GladiaSocketFact } from '../machines/events.ts';
import { parseMessage } from './gladia/messages.ts';
import type { CloudBudget } from './gladia/budget.ts';
import type { GladiaLink } from './gladia/link.ts';
import type { LinkNews } from './gladia/link-port.ts';
import type { Log } from './ports.ts';
import type { ResourceList } from './resources.ts';

/** The handshake, below the chart's own deadline. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Largest message taken. */
const MESSAGE_MAX_BYTES = 8 * 1_048_576;
/** Own ping, and how many may stay without an answer: a half-open socket is found within 10 s. */
const PING_MS = 3_000;
const PINGS_UNANSWERED_MAX = 2;
/** Sent audio without any acknowledgement for this long: Gladia is stuck. */
const ACK_STALL_MS = 10_000;
/** No audio for this long: the session is stopped before Gladia drops it (it does after 30 s). */
const IDLE_MS = 20_000;
/** Close code that leaves a session resumable. */
const DETACH = 4000;
const NORMAL = 1000;

export interface GladiaSocketInput {
  /** Address of the socket; read when it is opened. A secret. */
  url: () => string;
  link: GladiaLink;
  budget: CloudBudget;
  resources: ResourceList;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

/** Takes every `GladiaSocketCommand`; tells every `GladiaSocketFact`. */
export const gladiaSocket = fromCallback<GladiaSocketCommand, GladiaSocketInput>(({ input, receive, sendBack }) => {
  const run = new SocketRun(input, sendBack);
  receive((command) => run.obey(command));
  return () => run.dispose();
});

const factOf: Record<LinkNews, GladiaSocketFact> = {
  ready: { type: 'gladia.ready' },
  unusable: { type: 'gladia.unusable' },
  drained: { type: 'gladia.drained' },
  ended: { type: 'gladia.ended' },
};

class SocketRun {
  readonly #input: GladiaSocketInput;
  readonly #tell: (fact: GladiaSocketFact) => void;
  readonly #socket: WebSocket;
  readonly #release: () => void;
  #check: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #progress = { unackedMs: 0, sinceMs: 0 };
  #sentAtMs = 0;
  #isLeaving = false;
  #isOver = false;

  constructor(input: GladiaSocketInput, tell: (fact: GladiaSocketFact) => void) {
    this.#input = input;
    this.#tell = tell;
    this.#socket = new WebSocket(input.url(), {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MESSAGE_MAX_BYTES,
    });
    const terminate = (): void => this.#socket.terminate();
    this.#release = input.resources.hold({ kind: 'socket', name: 'gladia', release: terminate });
    this.#listen();
  }

  obey(command: GladiaSocketCommand): void {
    if (this.#isOver) return;
    const { link } = this.#input;
    if (command.type === 'gladia.stop_recording') {
      this.#isLeaving = true;
      link.stopSending();
      this.#send('{"type":"stop_recording"}');
    } else if (command.type === 'gladia.close') {
      this.#isLeaving = true;
      link.stopSending();
      this.#socket.close(command.resumable ? DETACH : NORMAL);
    } else this.#socket.terminate();
  }

  /** The last resort when the chart is stopped without its ladder: no session is left running at Gladia. */
  dispose(): void {
    if (this.#isOver) return;
    this.#send('{"type":"stop_recording"}');
    this.#end();
    this.#socket.terminate();
  }

  #listen(): void {
    this.#socket.on('open', () => this.#opened());
    this.#socket.on('message', (data, isBinary) => {
      if (!isBinary && !this.#isOver) this.#input.link.heard(parseMessage((data as Buffer).toString()));
    });
    this.#socket.on('pong', () => (this.#unanswered = 0));
    this.#socket.on('unexpected-response', (_request, response) => {
      response.resume();
      this.#over({ type: 'gladia.refused', status: response.statusCode ?? 0 });
      this.#socket.terminate();
    });
    // What follows an error is the close; its code says enough.
    this.#socket.on('error', (error) =>
      this.#input.log.debug('gladia: the socket has an error', { error: error.name }),
    );
    this.#socket.on('close', (code) => this.#over({ type: 'gladia.closed', code }));
  }

  #opened(): void {
    if (this.#isOver) return;
    const { link, budget, nowMs } = this.#input;
    this.#sentAtMs = nowMs();
    this.#progress = { unackedMs: 0, sinceMs: nowMs() };
    this.#check = setInterval(() => this.#look(), PING_MS);
    this.#tell({ type: 'gladia.opened' });
    const connection = {
      send: (bytes: Buffer) => {
        this.#sentAtMs = nowMs();
        budget.sent(bytes.length);
        this.#send(bytes);
      },
      bufferedBytes: () => this.#socket.bufferedAmount,
    };
    link.connect(connection, (news) => {
      if (!this.#isOver) this.#tell(factOf[news]);
    });
  }

  /** Is the other end there, does it take what it is sent, is there anything to send? */
  #look(): void {
    const { link, budget, nowMs } = this.#input;
    if (this.#unanswered >= PINGS_UNANSWERED_MAX) return this.#stall('ping_timeout');
    this.#unanswered += 1;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
    const { unackedMs } = link;
    if (unackedMs < this.#progress.unackedMs || unackedMs === 0) this.#progress = { unackedMs, sinceMs: nowMs() };
    else this.#progress = { ...this.#progress, unackedMs };
    if (nowMs() - this.#progress.sinceMs > ACK_STALL_MS) return this.#stall('ack_timeout');
    if (this.#isLeaving) return;
    if (budget.isSpent) this.#tell({ type: 'gladia.spent' });
    else if (nowMs() - this.#sentAtMs > IDLE_MS) this.#tell({ type: 'gladia.idle' });
  }

  #stall(cause: 'ping_timeout' | 'ack_timeout'): void {
    clearInterval(this.#check);
    this.#input.log.warn('gladia: the connection is stuck', { cause });
    this.#tell({ type: 'gladia.stalled', cause });
  }

  #send(data: Buffer | string): void {
    // The callback keeps a socket that closes meanwhile from throwing; the close is told.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data, () => {});
  }

  #over(fact: GladiaSocketFact): void {
    if (this.#isOver) return;
    this.#end();
    this.#tell(fact);
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#check);
    this.#release();
    this.#input.link.disconnect();
  }
}
