/** One who may want the lease of a session, at its desk. */
import type { AiHolder, AiInsight, AiLease, AiRefusal, AiSeat } from './port.ts';

/** What a seat asks of its desk. */
export interface SeatKeeper {
  acquire(seat: Seat): AiRefusal | undefined;
  renew(seat: Seat, fence: number): AiRefusal | undefined;
  release(seat: Seat, fence: number): AiRefusal | undefined;
  deliver(seat: Seat, insight: AiInsight): AiRefusal | undefined;
  leaseOf(seat: Seat): AiLease;
  leave(seat: Seat): void;
}

export class Seat implements AiSeat {
  readonly id: string;
  readonly #desk: SeatKeeper;
  readonly #holder: AiHolder;
  /** Does it stand in line? */
  waits = false;
  #isLeft = false;

  constructor(desk: SeatKeeper, holder: AiHolder, id: string) {
    this.#desk = desk;
    this.#holder = holder;
    this.id = id;
  }

  /** Is it the server's own caller? */
  get isServer(): boolean {
    return this.id === 'server';
  }

  /** Says how the lease stands. */
  tell(): void {
    this.#holder.leased(this.current());
  }

  /** It waits no more. */
  refuse(refusal: AiRefusal): void {
    this.waits = false;
    this.#holder.refused(refusal);
  }

  acquire(): AiRefusal | undefined {
    return this.#isLeft ? { code: 'ai_off' } : this.#desk.acquire(this);
  }

  renew(fence: number): AiRefusal | undefined {
    return this.#desk.renew(this, fence);
  }

  release(fence: number): AiRefusal | undefined {
    return this.#desk.release(this, fence);
  }

  deliver(insight: AiInsight): AiRefusal | undefined {
    return this.#desk.deliver(this, insight);
  }

  current(): AiLease {
    return this.#desk.leaseOf(this);
  }

  leave(): void {
    this.#isLeft = true;
    this.#desk.leave(this);
  }
}
