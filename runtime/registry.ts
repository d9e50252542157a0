/**
 * The sessions of this server: the live ones by name; what is over goes to the archive.
 *
 * Each session is a root actor of its own; this is plain bookkeeping. A new publish after an end starts a new epoch.
 */
import type { RunWriter } from '../actors/log/port.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionWishes } from './session-wishes.ts';

export interface RegistryOptions {
  /** Begins a run in the session log. */
  claim: (slug: string, wishes: SessionWishes | undefined) => Promise<RunWriter>;
  /** Starts a session's actors. */
  start: (writer: RunWriter, wishes: SessionWishes | undefined) => LiveSession;
  /** Told after a session has ended and given everything back. */
  onClosed?: (session: LiveSession) => void;
}

export class Registry {
  readonly #options: RegistryOptions;
  readonly #live = new Map<string, LiveSession>();
  /** Names whose run is being claimed. */
  readonly #starting = new Map<string, Promise<LiveSession>>();
  /** Leftovers of all ended sessions; must stay 0. */
  leftovers = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Sessions that have not ended, and those that are about to start. */
  get size(): number {
    return this.#live.size + this.#starting.size;
  }

  live(slug: string): LiveSession | undefined {
    return this.#live.get(slug);
  }

  liveSessions(): LiveSession[] {
    return [...this.#live.values()];
  }

  /** Is a run of this name being started? */
  isStarting(slug: string): boolean {
    return this.#starting.has(slug);
  }

  /** The live run of `slug`, started where there is none. Rejects when the session log refuses. */
  start(slug: string, wishes?: SessionWishes): Promise<LiveSession> {
    const live = this.#live.get(slug);
    if (live !== undefined) return Promise.resolve(live);
    const known = this.#starting.get(slug);
    if (known !== undefined) return known;
    const starting = this.#start(slug, wishes);
    this.#starting.set(slug, starting);
    return starting;
  }

  async #start(slug: string, wishes: SessionWishes | undefined): Promise<LiveSession> {
    try {
      const session = this.#options.start(await this.#options.claim(slug, wishes), wishes);
      this.#live.set(slug, session);
      void session.closed.then(() => this.#retire(session));
      return session;
    } finally {
      this.#starting.delete(slug);
    }
  }

  #retire(session: LiveSession): void {
    this.#live.delete(session.slug);
    this.leftovers += session.leftovers;
    this.#options.onClosed?.(session);
  }
}
