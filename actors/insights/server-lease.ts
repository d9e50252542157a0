/** The AI lease of a session in the hands of the server's own caller: asked for, renewed, asked for again when it is lost. */
import type { AiDesk, AiHolder, AiInsight, AiLease, AiRefusal, AiSeat } from '../ai/port.ts';
import type { InsightDesk } from './port.ts';

/** How often it is renewed, as a share of its life. */
const RENEWAL_SHARE = 1 / 3;

export interface ServerLeaseOptions {
  desk: AiDesk;
  /** `AI_LEASE_MS`. */
  leaseMs: number;
}

export class ServerLease implements InsightDesk, AiHolder {
  readonly #options: ServerLeaseOptions;
  readonly #listeners = new Set<() => void>();
  #seat: AiSeat | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fence: number | undefined;

  constructor(options: ServerLeaseOptions) {
    this.#options = options;
  }

  get fence(): number | undefined {
    return this.#fence;
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  deliver(insight: AiInsight): AiRefusal | undefined {
    return this.#seat === undefined ? { code: 'ai_off' } : this.#seat.deliver(insight);
  }

  /** Asks for the lease, and keeps it. */
  start(): void {
    this.#seat = this.#options.desk.seat(this, 'server');
    this.#timer = setInterval(() => this.#keep(), this.#options.leaseMs * RENEWAL_SHARE);
    this.#seat.acquire();
  }

  /** Gives it back. Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#fence = undefined;
    this.#seat?.leave();
    this.#seat = undefined;
  }

  leased({ state, fence }: AiLease): void {
    const isNew = state === 'held' && this.#fence !== fence;
    this.#fence = state === 'held' ? fence : undefined;
    if (isNew) for (const listener of this.#listeners) listener();
  }

  /** The next renewal asks again. */
  refused(): void {
    this.#fence = undefined;
  }

  #keep(): void {
    if (this.#fence !== undefined && this.#seat?.renew(this.#fence) === undefined) return;
    this.#fence = undefined;
    this.#seat?.acquire();
  }
}
