/**
 * The sessions of this server: the live ones by name, the ended ones for as long as they stay readable.
 *
 * Each session is a root actor of its own; this is plain bookkeeping. A new publish after an end starts a new epoch.
 */
import type { LiveSession } from './live-session.ts';
import type { SessionWishes } from './session-wishes.ts';

/** Ended sessions kept readable at most; the oldest goes first. */
export const ENDED_SESSIONS_MAX = 1_000;

export interface RegistryOptions {
  /** Starts a session's actors. */
  start: (slug: string, epoch: number, wishes: SessionWishes | undefined) => LiveSession;
  /** How long an ended session stays readable. */
  retentionMs: number;
  /** Wall clock in milliseconds since 1970. */
  todayMs: () => number;
  /** Told after a session has ended and given everything back. */
  onClosed?: (session: LiveSession) => void;
}

export class Registry {
  readonly #options: RegistryOptions;
  readonly #live = new Map<string, LiveSession>();
  readonly #ended = new Map<string, { session: LiveSession; endedAtMs: number }>();
  readonly #epochs = new Map<string, number>();
  /** Leftovers of all ended sessions; must stay 0. */
  leftovers = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Sessions that have not ended. */
  get size(): number {
    return this.#live.size;
  }

  live(slug: string): LiveSession | undefined {
    return this.#live.get(slug);
  }

  /** The run of this name that viewers mean: the live one, else the newest that is still readable. */
  get(slug: string): LiveSession | undefined {
    this.#forget();
    return this.#live.get(slug) ?? this.#ended.get(slug)?.session;
  }

  list(): LiveSession[] {
    this.#forget();
    const ended = [...this.#ended].filter(([slug]) => !this.#live.has(slug));
    return [...this.#live.values(), ...ended.map(([, { session }]) => session)];
  }

  liveSessions(): LiveSession[] {
    return [...this.#live.values()];
  }

  /** Starts a run of `slug`, which must not be live. */
  start(slug: string, wishes?: SessionWishes): LiveSession {
    const epoch = Math.max(this.#options.todayMs(), (this.#epochs.get(slug) ?? 0) + 1);
    const session = this.#options.start(slug, epoch, wishes);
    this.#live.set(slug, session);
    this.#epochs.set(slug, epoch);
    void session.closed.then(() => this.#retire(session));
    return session;
  }

  #retire(session: LiveSession): void {
    this.#live.delete(session.slug);
    this.leftovers += session.leftovers;
    this.#ended.delete(session.slug);
    this.#ended.set(session.slug, { session, endedAtMs: this.#options.todayMs() });
    this.#forget();
    this.#options.onClosed?.(session);
  }

  /** Drops what is older than the retention, and its epoch: a new run's is later by the wall clock. */
  #forget(): void {
    const oldestMs = this.#options.todayMs() - this.#options.retentionMs;
    for (const [slug, { endedAtMs }] of this.#ended) {
      if (endedAtMs > oldestMs && this.#ended.size <= ENDED_SESSIONS_MAX) return;
      this.#ended.delete(slug);
      if (!this.#live.has(slug)) this.#epochs.delete(slug);
    }
  }
}
