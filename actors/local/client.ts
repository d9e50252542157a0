/**
 * The server's end of the conversation with the engine child, for all sessions and across all runs of the child.
 *
 * What a session has not had acknowledged is read from its source again when a new child is there; a child's own
 * session is a fresh one then, so that nothing that was told before can be told again.
 */
import type { FromEngine, ToEngine } from './protocol.ts';
import { ClientSession } from './client-session.ts';
import type { ClientSessionOptions } from './client-session.ts';

export interface LocalEngineClientOptions {
  /** Loading progress: the step's name and 0 to 1. */
  onProgress: (step: string, fraction: number) => void;
}

export class LocalEngineClient {
  readonly #options: LocalEngineClientOptions;
  readonly #sessions = new Map<number, ClientSession>();
  #send: ((message: ToEngine) => void) | undefined;
  #failure: string | undefined;
  #runs = 0;
  #opened = 0;

  constructor(options: LocalEngineClientOptions) {
    this.#options = options;
  }

  /** A session joins; it is told when the engine takes its audio. */
  open(options: ClientSessionOptions): ClientSession {
    this.#opened += 1;
    const number = this.#opened;
    const session = new ClientSession(number, options, () => void this.#sessions.delete(number));
    this.#sessions.set(number, session);
    if (this.#failure !== undefined) session.fail(this.#failure);
    else if (this.#send !== undefined) session.connect(this.#send, this.#runs);
    return session;
  }

  /** A child is ready. */
  connect(send: (message: ToEngine) => void): void {
    this.#send = send;
    this.#failure = undefined;
    this.#runs += 1;
    this.#each((session) => session.connect(send, this.#runs));
  }

  /** The child is gone. */
  disconnect(): void {
    if (this.#send === undefined) return;
    this.#send = undefined;
    this.#each((session) => session.disconnect());
  }

  /** A message of the child's. */
  heard(message: FromEngine): void {
    if (message.type === 'progress') this.#options.onProgress(message.step, message.fraction);
    if (!('session' in message)) return;
    const session = this.#sessions.get(message.session);
    session?.call(() => session.heard(message));
  }

  /** The engine has spent its budget: sessions fail, and new ones too until a child is ready again. */
  fail(reason: string): void {
    this.#failure = reason;
    this.#send = undefined;
    this.#each((session) => session.fail(reason));
  }

  #each(work: (session: ClientSession) => void): void {
    for (const session of this.#sessions.values()) session.call(() => work(session));
  }
}
