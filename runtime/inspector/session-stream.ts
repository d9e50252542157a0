/**
 * One session's inspection for those who watch it: nothing is observed while nobody does. Frames are made once for all.
 *
 * Policy for a client that does not keep up: from `BEHIND_BYTES` on frames are dropped and counted; once it has caught
 * up it gets every actor as it is now, and how many frames it missed.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { actorFrame, framesOf, treeOf } from './encode.ts';
import type { Frame } from './encode.ts';

/** Bytes waiting for a client from which it counts as behind, and up to which it has caught up. */
const BEHIND_BYTES = 1_048_576;
const CAUGHT_UP_BYTES = 262_144;

/** Whoever watches. */
export interface InspectClient {
  /** Bytes that wait for it. */
  readonly bufferedAmount: number;
  send(text: string): void;
  /** The session is over. */
  close(): void;
}

export class SessionStream {
  readonly #root: AnyActorRef;
  readonly #dropped = new Map<InspectClient, number>();
  #observation: { unsubscribe(): void } | undefined;

  constructor(root: AnyActorRef) {
    this.#root = root;
    root.subscribe({ complete: () => this.#end(), error: () => this.#end() });
  }

  /** Gives it the actors as they are, then everything that happens. */
  attach(client: InspectClient): void {
    this.#dropped.set(client, 0);
    this.#giveTree(client);
    this.#observation ??= this.#root.system.inspect((inspected) => this.#inspected(inspected));
  }

  detach(client: InspectClient): void {
    this.#dropped.delete(client);
    if (this.#dropped.size > 0) return;
    this.#observation?.unsubscribe();
    this.#observation = undefined;
  }

  /** An observer that throws would break what it observes. */
  #inspected(inspected: InspectionEvent): void {
    try {
      const texts = framesOf(inspected).map((frame) => JSON.stringify(frame));
      for (const client of this.#dropped.keys()) this.#give(client, texts);
    } catch {
      // A frame less is no reason to disturb a session.
    }
  }

  #give(client: InspectClient, texts: readonly string[]): void {
    const dropped = this.#dropped.get(client) ?? 0;
    const isBehind = client.bufferedAmount > (dropped === 0 ? BEHIND_BYTES : CAUGHT_UP_BYTES);
    if (isBehind) {
      this.#dropped.set(client, dropped + texts.length);
      return;
    }
    if (dropped > 0) {
      this.#dropped.set(client, 0);
      this.#giveTree(client);
      client.send(JSON.stringify(this.#missed(dropped)));
    }
    for (const text of texts) client.send(text);
  }

  #giveTree(client: InspectClient): void {
    for (const actor of treeOf(this.#root)) client.send(JSON.stringify(actorFrame(actor)));
  }

  #missed(dropped: number): Frame {
    const { sessionId, rootId, createdAt, _version } = actorFrame(this.#root);
    const event = { type: 'inspector.dropped', dropped };
    return { type: '@xstate.event', sessionId, rootId, createdAt, _version, id: null, event };
  }

  #end(): void {
    // What ended the session is still on its way to the observers.
    setImmediate(() => {
      for (const client of this.#dropped.keys()) client.close();
    });
  }
}
