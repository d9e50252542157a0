/** One run of a session as the test sees it: who speaks and who watches, from its beginning to its end. */
import type { Oracle } from './oracle.ts';
import type { ServerProgram } from './server-program.ts';
import type { Speaker } from './speaker.ts';
import type { ViewerProcess } from './viewer-process.ts';
import { eventStreamViewer, webSocketViewer } from './viewers.ts';
import type { ChaosViewer, ViewerOptions } from './viewers.ts';

/** From the wish to end until `session_end`: FINALIZE_MS, ffmpeg's and the socket's ladders. */
const END_MS = 30_000;
/** A viewer without a ping for so long comes back by itself. */
const VIEWER_SILENCE_MS = 7_000;
/** The reference viewer is never cut by itself. */
const REFERENCE_SILENCE_MS = 120_000;
const ORDERLY_MS = 6_000;

export interface BroadcastOptions {
  slug: string;
  epoch: number;
  server: ServerProgram;
  /** Of the proxy that viewers come through. */
  viewerPort: number;
  speaker: Speaker;
  oracle: Oracle;
  random: () => number;
}

export class Broadcast {
  readonly slug: string;
  readonly epoch: number;
  readonly speaker: Speaker;
  readonly startedAtMs: number = performance.now();
  /** Is attached directly, and must never be cut. */
  readonly reference: ChaosViewer;
  readonly viewers: ChaosViewer[] = [];
  readonly #options: BroadcastOptions;
  /** Kills of the server before it. */
  readonly killsBefore: number;
  #isEnding = false;
  #viewers = 0;

  constructor(options: BroadcastOptions) {
    this.#options = options;
    this.slug = options.slug;
    this.epoch = options.epoch;
    this.speaker = options.speaker;
    this.killsBefore = options.server.kills;
    const name = `${this.slug}-${this.epoch}-reference`;
    const direct = { port: options.server.ports.http, silenceMs: REFERENCE_SILENCE_MS, pauseMs: () => 200, name };
    this.reference = webSocketViewer({ ...this.#viewerOptions(), ...direct });
  }

  /** For reports. */
  get name(): string {
    return `${this.slug} run ${this.epoch}`;
  }

  get isEnding(): boolean {
    return this.#isEnding || this.reference.keeper.isEnded;
  }

  /** One more viewer, over WebSocket or as an event stream. */
  join(kind: 'socket' | 'events'): void {
    const make = kind === 'socket' ? webSocketViewer : eventStreamViewer;
    this.viewers.push(make(this.#viewerOptions(kind)));
  }

  /** One more viewer, in a process of its own. */
  joinFrom(viewers: ViewerProcess): void {
    const { pauseMs: _, ...viewer } = this.#viewerOptions('process');
    this.viewers.push(viewers.join(viewer));
  }

  /** Some viewers go without a goodbye. */
  lose(count: number): void {
    for (const viewer of this.viewers.splice(0, count)) viewer.leave();
  }

  /** Ends the run: the publisher says goodbye, or the session is deleted. */
  async end(how: 'publisher' | 'delete'): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.speaker.forgoReturn();
    if (how === 'publisher') {
      this.speaker.end();
      await within(ORDERLY_MS, this.reference.keeper.ended);
    }
    // A publisher whose connection hangs cannot say goodbye.
    if (!this.reference.keeper.isEnded) await this.#delete();
  }

  /** Resolves when the server has ended it, or should have long ago. */
  async over(lifeMs: number): Promise<void> {
    const { ended } = this.reference.keeper;
    if (!(await within(lifeMs, ended))) void this.end('publisher');
    if (!(await within(END_MS, ended))) this.#options.oracle.breach(this.name, 'there is no session_end');
    await this.speaker.leave();
  }

  /** Everything that it holds goes. */
  async abandon(): Promise<void> {
    for (const viewer of [this.reference, ...this.viewers]) viewer.leave();
    await this.speaker.leave();
  }

  #viewerOptions(kind = ''): ViewerOptions {
    const { viewerPort, random } = this.#options;
    const name = `${this.slug}-${this.epoch}-${kind}-${(this.#viewers += 1)}`;
    const common = { port: viewerPort, silenceMs: VIEWER_SILENCE_MS, pauseMs: () => random() * 500 };
    return { ...common, slug: this.slug, epoch: this.epoch, name };
  }

  async #delete(): Promise<void> {
    const url = this.#options.server.url(`/sessions/${this.slug}`);
    await fetch(url, { method: 'DELETE', signal: AbortSignal.timeout(10_000) }).catch(() => {});
  }
}

/** Did it come within the time? */
export async function within(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const isThere = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isThere;
}
