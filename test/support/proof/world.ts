/** A chart with real child charts, fake leaves and a virtual clock: what can happen to it, and what it holds. */
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { AnyActorLogic, AnyActorRef, AnyStateMachine, EventObject } from 'xstate';
import { VirtualClock } from './virtual-clock.ts';

/** Something that can happen, when it can. */
export interface Happening {
  can: () => boolean;
  happen: () => void;
}

/** One outside thing that a chart has opened, as the operating system sees it. */
export interface Leaf {
  name: string;
  /** Commands that it has got. */
  commands: string[];
  /** What it has told the chart and cannot tell again. */
  told: string[];
  /** Has it ended by itself? */
  ended: boolean;
}

export class World {
  readonly clock = new VirtualClock();
  /** Leaves that are open. */
  readonly open = new Set<Leaf>();
  /** Leaves that were dropped by their chart while they were alive. */
  readonly dropped: Leaf[] = [];
  /** Names of all leaves that were ever opened. */
  readonly opened: string[] = [];
  readonly errors: unknown[] = [];
  readonly happenings = new Map<string, Happening>([
    ['tick', { can: () => this.clock.waitingMs.length > 0, happen: () => void this.clock.step() }],
  ]);
  #root: AnyActorRef | undefined;

  start(machine: AnyStateMachine, input: unknown): void {
    const root = createActor(machine, { input, clock: this.clock });
    this.#root = root;
    root.subscribe({ error: (error) => void this.errors.push(error) });
    root.start();
  }

  get root(): AnyActorRef {
    if (this.#root === undefined) throw new Error('the world has not begun');
    return this.#root;
  }

  /** A callback actor that only listens, and tells `facts` when the world says so. */
  leaf(name: string, facts: Record<string, LeafFact>): AnyActorLogic {
    let current: { leaf: Leaf; tell: (event: EventObject) => void } | undefined;
    for (const [key, fact] of Object.entries(facts)) {
      this.happenings.set(`${name} ${key}`, {
        can: () => current !== undefined && !current.leaf.ended && mayTell(current.leaf, key, fact),
        happen: () => {
          if (current === undefined) return;
          const { leaf, tell } = current;
          if (fact.repeats !== true) leaf.told.push(key);
          if (fact.ends === true) this.#end(leaf);
          tell(fact.event(this.clock.nowMs));
        },
      });
    }
    return fromCallback(({ receive, sendBack }) => {
      const leaf: Leaf = { name, commands: [], told: [], ended: false };
      this.open.add(leaf);
      this.opened.push(name);
      current = { leaf, tell: sendBack };
      receive(({ type }) => void leaf.commands.push(type));
      return () => this.#drop(leaf);
    });
  }

  /** A promise actor that settles when the world says so: `done`, or with one of these errors by their names. */
  promise(name: string, errors: Record<string, Error> = { fails: new Error(name) }): AnyActorLogic {
    let settle: PromiseWithResolvers<void> | undefined;
    let current: Leaf | undefined;
    const can = (): boolean => current !== undefined && !current.ended;
    const finish = (how: () => void) => (): void => {
      if (current !== undefined) this.#end(current);
      how();
    };
    this.happenings.set(`${name} done`, { can, happen: finish(() => settle?.resolve()) });
    for (const [how, error] of Object.entries(errors)) {
      this.happenings.set(`${name} ${how}`, { can, happen: finish(() => settle?.reject(error)) });
    }
    return fromPromise(({ signal }) => {
      const leaf: Leaf = { name, commands: [], told: [], ended: false };
      current = leaf;
      this.open.add(leaf);
      this.opened.push(name);
      signal.addEventListener('abort', () => this.#drop(leaf));
      settle = Promise.withResolvers<void>();
      return settle.promise;
    });
  }

  /** Everything that tells this moment from another, for a search that must not walk in circles. */
  key(): string {
    const leaves = [...this.open].map(({ name, commands, told }) => [
      name,
      [...new Set(commands)].toSorted(),
      told.toSorted(),
    ]);
    return JSON.stringify([describe(this.root), this.clock.waitingMs, leaves]);
  }

  #end(leaf: Leaf): void {
    leaf.ended = true;
    this.open.delete(leaf);
  }

  #drop(leaf: Leaf): void {
    if (leaf.ended) return;
    this.#end(leaf);
    this.dropped.push(leaf);
  }
}

/** What a leaf can tell its chart. */
export interface LeafFact {
  event: (nowMs: number) => EventObject;
  /** The leaf is gone with it. */
  ends?: true;
  /** It may be told again and again. */
  repeats?: true;
  /** Only after this command. */
  after?: string;
}

function mayTell({ told, commands }: Leaf, key: string, { repeats, after }: LeafFact): boolean {
  return (repeats === true || !told.includes(key)) && (after === undefined || commands.includes(after));
}

/** State and memory of a chart and its child charts. Times are left out: the clock's timers carry them. */
function describe(actor: AnyActorRef): unknown {
  const snapshot = actor.getSnapshot() as {
    status: string;
    value?: unknown;
    context?: Record<string, unknown>;
    children?: Record<string, AnyActorRef>;
  };
  const children = Object.entries(snapshot.children ?? {}).map(([id, child]) => [id, describe(child)]);
  const { endReason, crashesAtMs, rung, attempts, holder, line, calls } = snapshot.context ?? {};
  const crashes = Array.isArray(crashesAtMs) ? crashesAtMs.length : 0;
  const memory = [endReason, crashes, rung, Math.min(Number(attempts ?? 0), 1), holder, line, calls];
  return [snapshot.status, snapshot.value, memory, children];
}
