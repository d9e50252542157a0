/**
 * The webhooks of a server: one chart for each run that has something to deliver, over one receiver.
 *
 * What is delivered stands in a journal beside the session log, so that what a crash has cut is sent after the next start.
 */
import { setTimeout } from 'node:timers/promises';
import { createActor, toPromise } from 'xstate';
import type { ActorRefFrom } from 'xstate';
import { bindInput } from '../../actors/bind-input.ts';
import type { Turns } from '../../actors/turns.ts';
import type { Log } from '../../actors/ports.ts';
import type { DeliveryFault } from '../../machines/webhook-events.ts';
import { deliveryBackoffMs, webhooksMachine } from '../../machines/webhooks.ts';
import type { WebhooksInput } from '../../machines/webhooks.ts';
import { fillSlots } from '../fill-slots.ts';
import { attemptDelivery } from './attempt.ts';
import type { HookEvent, HookEventName, HookRun } from './event.ts';
import type { DeliveryJournal } from './journal.ts';
import { Outbox } from './outbox.ts';
import type { OutboxRecords } from './outbox.ts';
import { watchOutbox } from './watch-outbox.ts';

/** Most that chance adds to a rest, as a share of it, so that runs do not call together. */
const JITTER = 0.25;
/** How long a stop waits for runs that are being delivered without trouble. */
const STOP_GRACE_MS = 1_000;

export interface DeliveriesOptions {
  url: URL;
  secret: string;
  wanted: ReadonlySet<HookEventName>;
  input: WebhooksInput;
  turns: Turns;
  journal: DeliveryJournal;
  log: Log;
  /** Is this run, which is over, still in the session log? */
  isKept: (run: HookRun) => boolean;
  onAccepted: (event: HookEvent) => void;
  onFailed: (cause: DeliveryFault) => void;
  onDropped: (count: number) => void;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** From 0 to 1. */
  random: () => number;
}

/** A run as it is handed over. */
export interface DeliveredRun {
  run: HookRun;
  records: OutboxRecords;
  /** Calls the listener whenever there is more; undefined for a run that is over. */
  follow?: (listener: () => void) => () => void;
  /** Nothing of the run outlives the process. */
  isUnlogged?: boolean;
}

interface Courier {
  outbox: Outbox;
  actor: ActorRefFrom<typeof webhooksMachine>;
  /** Tells the chart's actors that there is more. */
  look: () => void;
  unfollow: () => void;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #couriers = new Map<number, Courier>();
  #isStopped = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Runs with something to deliver, or that may have. */
  get size(): number {
    return this.#couriers.size;
  }

  /** How long the run that is furthest behind has been behind. */
  get waitingMs(): number {
    return Math.max(0, ...[...this.#couriers.values()].map(({ outbox }) => outbox.waitingMs));
  }

  /** Delivers a run's events from where it was; one that is through already is left alone. */
  begin({ run, records, follow, isUnlogged = false }: DeliveredRun): void {
    const { journal, wanted, nowMs } = this.#options;
    if (this.#isStopped || this.#couriers.has(run.epoch)) return;
    const position = isUnlogged || follow !== undefined ? -1 : journal.positionOf(run.epoch);
    if (position === undefined) return;
    if (!isUnlogged) journal.begin(run.epoch);
    const onAdvance = (offset: number): void => (isUnlogged ? undefined : journal.advance(run.epoch, offset));
    const outbox = new Outbox({ run, records, position, wanted, nowMs, onAdvance, isLive: follow !== undefined });
    const listeners = new Set<() => void>();
    const look = (): void => {
      outbox.noteRecords();
      for (const listener of listeners) listener();
    };
    const actor = createActor(this.#machine(outbox, listeners), { input: this.#options.input });
    this.#couriers.set(run.epoch, { outbox, actor, look, unfollow: follow?.(look) ?? (() => {}) });
    actor.subscribe({
      error: (error) => this.#options.log.error('the webhooks chart failed', { error: String(error) }),
    });
    void this.#supervise(run, actor, isUnlogged);
    actor.start();
  }

  /** The run has ended: what is left of it is read from `records`. */
  ended(epoch: number, records: OutboxRecords): void {
    const courier = this.#couriers.get(epoch);
    courier?.outbox.end(records);
    courier?.look();
  }

  /** Delivers what can be delivered at once, for a bounded time; what is left is delivered after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const actors = [...this.#couriers.values()].map(({ actor }) => actor);
    const well = actors.filter((actor) => !actor.getSnapshot().matches('resting')).map((actor) => toPromise(actor));
    await Promise.race([Promise.allSettled(well), setTimeout(STOP_GRACE_MS, null, { ref: false })]);
    for (const actor of actors) actor.send({ type: 'webhooks.stop' });
    await Promise.allSettled(actors.map((actor) => toPromise(actor)));
    await this.#options.journal.close();
  }

  #machine(outbox: Outbox, listeners: Set<() => void>): typeof webhooksMachine {
    const { url, secret, turns, input, isKept, onAccepted, onFailed, log, random } = this.#options;
    const receiver = {
      ...{ url, secret, timeoutMs: input.timing.attemptTimeoutMs, todayMs: () => Date.now() },
      take: (work: () => Promise<void>, signal: AbortSignal) => turns.take(work, signal),
    };
    const follow = (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    const { slug: session, epoch } = outbox.run;
    return fillSlots(webhooksMachine, {
      actors: {
        outbox: bindInput(watchOutbox, { outbox, follow }),
        attempt: bindInput(attemptDelivery, { outbox, receiver, onAccepted }),
      },
      actions: {
        noteFailure: ({ context: { attempts } }, { cause }) => {
          onFailed(cause);
          log.warn('a webhook was not delivered', { session, epoch, cause, attempts });
          if (cause === 'unreadable' && !outbox.isLive && !isKept(outbox.run))
            this.#drop(outbox, cause, outbox.clear());
        },
        dropOldest: (_, { cause }) => void this.#dropOldest(outbox, cause),
      },
      delays: { backoff: ({ context }) => deliveryBackoffMs(context) * (1 + JITTER * random()) },
    });
  }

  async #dropOldest(outbox: Outbox, cause: DeliveryFault): Promise<void> {
    const oldest = await outbox.oldest().catch(() => undefined);
    if (oldest === undefined || typeof oldest === 'string') return;
    outbox.pass(oldest.offset);
    this.#drop(outbox, cause, 1, oldest.id);
  }

  #drop({ run: { slug: session, epoch } }: Outbox, cause: DeliveryFault, count: number, id?: string): void {
    if (count <= 0) return;
    this.#options.onDropped(count);
    this.#options.log.error('webhooks are dropped: nobody will be told', { session, epoch, cause, count, id });
  }

  async #supervise(run: HookRun, actor: ActorRefFrom<typeof webhooksMachine>, isUnlogged: boolean): Promise<void> {
    await toPromise(actor).catch(() => undefined);
    this.#couriers.get(run.epoch)?.unfollow();
    this.#couriers.delete(run.epoch);
    if (actor.getSnapshot().matches('emptied') && !isUnlogged) this.#options.journal.complete(run.epoch);
  }
}
