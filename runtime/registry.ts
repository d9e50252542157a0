/**
 * The sessions of this server: the live ones by name; what is over goes to the archive.
 *
 * Each session is a root actor of its own; this is plain bookkeeping. A new publish after an end starts a new epoch.
 */
import { setImmediate } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { RunWriter } from '../actors/log/port.ts';
import type { EndReason } from '../machines/events.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionWishes } from './session-wishes.ts';

/** How long sessions are ended before the rest of the server gets its turn. */
const TURN_MS = 5;

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
  readonly #turns = new PQueue({ concurrency: 1 });
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
      const writer = await this.#options.claim(slug, wishes);
      return await this.#turns.add(() => this.#begin(writer, wishes));
    } finally {
      this.#starting.delete(slug);
    }
  }

  /**
   * Ends every session in order, a few in each turn of the event loop; one that is being started, as soon as it has
   * started. Resolves when all are closed. Never rejects.
   */
  async stopAll(reason: EndReason): Promise<void> {
    const closed = [...this.#starting.values()].map((starting) => stopOnceStarted(starting, reason));
    let untilMs = performance.now() + TURN_MS;
    for (const session of this.liveSessions()) {
      if (performance.now() >= untilMs) {
        await setImmediate();
        untilMs = performance.now() + TURN_MS;
      }
      closed.push(session.stop(reason));
    }
    await Promise.all(closed);
  }

  /** One in a turn of the event loop, so that a thousand that come together hold nobody up. */
  async #begin(writer: RunWriter, wishes: SessionWishes | undefined): Promise<LiveSession> {
    const session = this.#options.start(writer, wishes);
    this.#live.set(session.slug, session);
    void session.closed.then(() => this.#retire(session));
    await setImmediate();
    return session;
  }

  #retire(session: LiveSession): void {
    this.#live.delete(session.slug);
    this.leftovers += session.leftovers;
    this.#options.onClosed?.(session);
  }
}

async function stopOnceStarted(starting: Promise<LiveSession>, reason: EndReason): Promise<void> {
  // Why it could not start is told to whoever started it.
  const session = await starting.catch(() => undefined);
  await session?.stop(reason);
}
