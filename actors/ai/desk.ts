/**
 * The desk of a session's AI lease: those who want it on one side, the lease chart and the session log on the other.
 *
 * The chart decides who holds the lease (`machines/ai-lease.ts`); here its commands become words to the seats and leases
 * of the log, and insights are checked against the fence before they become records.
 */
import type { AiDeskCommand, AiHolderFact, AiLogFact } from '../../machines/ai-events.ts';
import type { Lease, SessionLog } from '../log/port.ts';
import type { Log } from '../ports.ts';
import { insightFault } from './insight.ts';
import type { AiDesk, AiHolder, AiInsight, AiLease, AiRefusal, AiSeat } from './port.ts';
import { Seat } from './seat.ts';
import type { SeatKeeper } from './seat.ts';

/** Those who are told about the lease; policy beyond: whoever asked first and neither has it nor waits is told no more. */
export const LEASE_ASKERS_MAX = 1_024;

export interface LeaseDeskOptions {
  mode: 'off' | 'client' | 'server';
  /** Name of the lease in the session log; of the session, so that fences grow over its runs. */
  key: string;
  /** `AI_LEASE_MS`. */
  leaseMs: number;
  log: Pick<SessionLog, 'lease'>;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** For the operator. */
  lines: Log;
  /** Offset of the newest record that is shown. */
  newestOffset: () => number;
  /** Makes it a record of the session; false when there is none any more. */
  record: (insight: AiInsight) => boolean;
}

type Fact = AiHolderFact | AiLogFact;

/** The holder, as the chart has told it. */
interface Holding {
  id: string;
  fence: number;
  untilMs: number;
}

export class LeaseDesk implements AiDesk, SeatKeeper {
  readonly #options: LeaseDeskOptions;
  /** Tells the chart; undefined while it does not run. */
  #tell: ((fact: Fact) => void) | undefined;
  /** Those who have asked, oldest first. */
  readonly #askers = new Map<string, Seat>();
  #ids = 0;
  #holding: Holding | undefined;
  /** Of the newest holder. */
  #fence = 0;
  #isElsewhere = false;
  /** The log's lease, and the number of the request that it came of. */
  #lease: Lease | undefined;
  #request = 0;
  #givenBack: Promise<void> = Promise.resolve();
  #newestHolder: string | undefined;
  /** Times that another had the lease than the one before. */
  handovers = 0;
  /** Insights that viewers have delivered. */
  delivered = 0;

  constructor(options: LeaseDeskOptions) {
    this.#options = options;
  }

  /** The chart runs from now on. */
  begin(tell: (fact: Fact) => void): void {
    this.#tell = tell;
  }

  /** The chart is gone: nobody holds the lease any more. Idempotent. */
  end(): void {
    this.#tell = undefined;
    this.#giveBack();
    this.#askers.clear();
  }

  seat(holder: AiHolder, kind: 'viewer' | 'server' = 'viewer'): AiSeat {
    this.#ids += kind === 'viewer' ? 1 : 0;
    return new Seat(this, holder, kind === 'server' ? 'server' : `viewer ${this.#ids}`);
  }

  /** What the chart asks for. */
  obey(command: AiDeskCommand): void {
    switch (command.type) {
      case 'lease.take':
        return void this.#take();
      case 'lease.give_back':
        return this.#giveBack();
      case 'lease.hand':
        return this.#hand(command);
      case 'lease.extend':
        return this.#extend();
      case 'lease.turn_away':
        return this.#askers.get(command.holder)?.refuse({ code: 'ai_line_full' });
      case 'lease.refuse':
        return this.#refuseWaiting();
      default:
        this.#isElsewhere = command.type === 'lease.announce_elsewhere';
        return this.#announce();
    }
  }

  /** How the lease stands for a seat. */
  leaseOf({ id }: Seat): AiLease {
    const fence = this.#fence;
    const holding = this.#holding;
    if (holding === undefined) {
      const isTaken = this.#isElsewhere || this.#options.mode === 'server';
      return { state: isTaken ? 'taken' : 'free', fence };
    }
    const expiresInMs = Math.max(0, Math.ceil(holding.untilMs - this.#options.nowMs()));
    return { state: holding.id === id ? 'held' : 'taken', fence, expiresInMs };
  }

  acquire(seat: Seat): AiRefusal | undefined {
    if (this.#tell === undefined || this.#options.mode === 'off') return { code: 'ai_off' };
    this.#remember(seat);
    // With AI_MODE=server nobody but the server's own caller stands in line: others only listen.
    if (seat.isServer !== (this.#options.mode === 'server')) seat.tell();
    else {
      const isSettled = this.#holding !== undefined || this.#isElsewhere;
      seat.waits = this.#holding?.id !== seat.id;
      this.#tell({ type: 'ai.asked', holder: seat.id });
      if (isSettled && (seat.waits || this.#holding?.id === seat.id)) seat.tell();
    }
    return undefined;
  }

  renew({ id }: Seat, fence: number): AiRefusal | undefined {
    const refusal = this.#refusal(id, fence);
    if (refusal === undefined) this.#tell?.({ type: 'ai.renewed', holder: id, fence });
    return refusal;
  }

  release(seat: Seat, fence: number): AiRefusal | undefined {
    if (seat.waits) {
      this.#leaveLine(seat);
      seat.tell();
      return undefined;
    }
    const refusal = this.#refusal(seat.id, fence);
    if (refusal === undefined) this.#tell?.({ type: 'ai.released', holder: seat.id, fence });
    return refusal;
  }

  deliver({ id, isServer }: Seat, insight: AiInsight): AiRefusal | undefined {
    const refusal = this.#refusal(id, insight.fence) ?? insightFault(insight, this.#options.newestOffset());
    if (refusal !== undefined) return refusal;
    if (!this.#options.record(insight)) return { code: 'ai_off' };
    if (!isServer) this.delivered += 1;
    return undefined;
  }

  leave(seat: Seat): void {
    if (this.#askers.delete(seat.id)) this.#leaveLine(seat);
  }

  #leaveLine(seat: Seat): void {
    seat.waits = false;
    this.#tell?.({ type: 'ai.left', holder: seat.id });
  }

  /** Also a lease whose time is over although the chart has not noticed yet (the process stood still) is stale. */
  #refusal(id: string, fence: number): AiRefusal | undefined {
    if (this.#tell === undefined || this.#options.mode === 'off') return { code: 'ai_off' };
    const holding = this.#holding;
    const isCurrent = holding?.id === id && holding.fence === fence && this.#options.nowMs() < holding.untilMs;
    return isCurrent ? undefined : { code: 'stale_fence' };
  }

  #remember(seat: Seat): void {
    if (this.#askers.has(seat.id)) return;
    if (this.#askers.size >= LEASE_ASKERS_MAX) {
      const idle = [...this.#askers.values()].find((asker) => !asker.waits && this.#holding?.id !== asker.id);
      if (idle !== undefined) this.#askers.delete(idle.id);
    }
    this.#askers.set(seat.id, seat);
  }

  async #take(): Promise<void> {
    const { log, key, leaseMs, lines } = this.#options;
    this.#isElsewhere = false;
    this.#request += 1;
    const request = this.#request;
    const isStill = (): boolean => request === this.#request;
    try {
      await this.#givenBack;
      const lease = isStill() ? await log.lease(key, leaseMs) : undefined;
      if (!isStill()) {
        await lease?.dispose();
        return;
      }
      this.#lease = lease;
      if (lease === undefined) return this.#tell?.({ type: 'lease.denied' });
      this.#tell?.({ type: 'lease.taken', fence: lease.token });
      const lost = (): void => void (isStill() && this.#tell?.({ type: 'lease.lost' }));
      if (lease.signal.aborted) lost();
      else lease.signal.addEventListener('abort', lost, { once: true });
    } catch (error) {
      lines.warn('the session log does not say who has the AI lease', { error });
      if (isStill()) this.#tell?.({ type: 'lease.failed' });
    }
  }

  /** Also what is only on its way. */
  #giveBack(): void {
    this.#request += 1;
    this.#holding = undefined;
    const lease = this.#lease;
    this.#lease = undefined;
    // One that cannot be given back runs out in the log.
    if (lease !== undefined) this.#givenBack = lease.dispose().catch(() => {});
  }

  #hand({ holder: id, fence }: { holder: string; fence: number }): void {
    const { nowMs, leaseMs } = this.#options;
    this.#holding = { id, fence, untilMs: nowMs() + leaseMs };
    this.#fence = fence;
    if (this.#newestHolder !== undefined && this.#newestHolder !== id) this.handovers += 1;
    this.#newestHolder = id;
    const seat = this.#askers.get(id);
    if (seat !== undefined) seat.waits = false;
    this.#announce();
  }

  #extend(): void {
    const { nowMs, leaseMs } = this.#options;
    if (this.#holding === undefined) return;
    this.#holding.untilMs = nowMs() + leaseMs;
    this.#askers.get(this.#holding.id)?.tell();
  }

  #announce(): void {
    for (const seat of this.#askers.values()) seat.tell();
  }

  #refuseWaiting(): void {
    for (const seat of this.#askers.values()) if (seat.waits) seat.refuse({ code: 'log_unavailable' });
  }
}
