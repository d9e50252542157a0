/**
 * A session's list of what the operating system must get back: processes and sockets.
 *
 * XState cannot promise that a failed machine's children are stopped, so every actor that opens something writes it
 * here and takes it off when it is closed. When a session's root completes or fails, `releaseAll` ends what is left;
 * its count is a metric that must stay 0.
 */

/** Something that outlives a crash of the actor that opened it. */
export interface Resource {
  kind: 'process' | 'socket' | 'timer';
  /** For people: `ffmpeg 4711`. */
  name: string;
  /** Ends it at once and for certain (SIGKILL, destroy). Must not throw. */
  release(): void;
}

export class ResourceList {
  /** Processes of the list carry it, for a server that is killed leaves no list behind. */
  readonly childMark: string | undefined;
  readonly #held = new Set<Resource>();

  /** @param childMark See `markOf` of `left-behind.ts`. */
  constructor(childMark?: string) {
    this.childMark = childMark;
  }

  /** Registers a resource; the returned function takes it off again and is idempotent. */
  hold(resource: Resource): () => void {
    this.#held.add(resource);
    return () => void this.#held.delete(resource);
  }

  get size(): number {
    return this.#held.size;
  }

  names(): string[] {
    return [...this.#held].map((resource) => resource.name);
  }

  /** Releases everything that is left and returns how many there were. */
  releaseAll(): number {
    const left = [...this.#held];
    this.#held.clear();
    for (const resource of left) resource.release();
    return left.length;
  }
}
