/** A place where one run follows the other, with a way of its own for its publishers. */
import { setTimeout as pause } from 'node:timers/promises';
import { tcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { Broadcast } from './broadcast.ts';
import { judge } from './judging.ts';
import { Speaker } from './speaker.ts';
import { SENTENCES } from './talk.ts';
import type { Surroundings } from './surroundings.ts';

/** From the publisher's start to its session: the publisher's own start, a run before that is being finished. */
const BEGIN_MS = 40_000;
/** So many runs have the same name, one after the other. */
const RUNS_OF_NAME = 2;
/** Runs begin at different sentences. */
const SENTENCES_APART = 11;

export class Stage {
  readonly name: string;
  current: Broadcast | undefined;
  readonly #world: Surroundings;
  #proxy: TcpProxy | undefined;
  #speaker: Speaker | undefined;
  #lastEpoch = 0;
  #runs = 0;

  constructor(world: Surroundings, name: string) {
    this.#world = world;
    this.name = name;
  }

  /** The way of its publishers. */
  get proxy(): TcpProxy | undefined {
    return this.#proxy;
  }

  /** One run after the other until the world ends. */
  async play(): Promise<void> {
    const { random, server } = this.#world;
    const onConnection = (connection: Parameters<Speaker['connected']>[0]): void =>
      this.#speaker?.connected(connection);
    await using proxy = await tcpProxy(server.ports.rtmp, { random, onConnection });
    this.#proxy = proxy;
    while (!this.#world.isEnding) await this.#run();
  }

  async #run(): Promise<void> {
    const { options, oracle, disk, viewerProcess } = this.#world;
    const leave = await disk.enter();
    const broadcast = await this.#begin();
    leave();
    if (broadcast === undefined) return;
    this.current = broadcast;
    for (let count = 0; count < options.viewersEach; count += 1) broadcast.join(count % 2 === 0 ? 'socket' : 'events');
    broadcast.joinFrom(viewerProcess);
    if (this.#world.isEnding) void broadcast.end('publisher');
    await broadcast.over(options.lifeMs);
    this.current = undefined;
    const judged = judge(this.#world, broadcast).catch((error: unknown) =>
      oracle.breach(broadcast.name, String(error)),
    );
    this.#world.judging(judged);
  }

  async #begin(): Promise<Broadcast | undefined> {
    const { server, oracle, random, wav } = this.#world;
    const firstSentence = (this.#runs * SENTENCES_APART) % SENTENCES;
    const slug = `${this.name}-${Math.floor(this.#runs / RUNS_OF_NAME)}`;
    this.#runs += 1;
    const url = `rtmp://127.0.0.1:${this.#proxy?.port}/live/${slug}`;
    const speaker = new Speaker({ wav, url, firstSentence });
    this.#speaker = speaker;
    const epoch = await this.#appears(slug);
    if (epoch === undefined) {
      oracle.breach(slug, `no session ${BEGIN_MS} ms after its publisher's start`);
      await speaker.leave();
      return undefined;
    }
    speaker.accepted();
    this.#lastEpoch = epoch;
    const viewerPort = this.#world.viewerProxy.port;
    return new Broadcast({ slug, epoch, server, viewerPort, speaker, oracle, random });
  }

  /** Epoch of a run that was not there before. */
  async #appears(slug: string): Promise<number | undefined> {
    const deadlineMs = performance.now() + BEGIN_MS;
    while (performance.now() < deadlineMs) {
      const { epoch = 0, state } = (await this.#world.server.session(slug)) ?? {};
      if (epoch > this.#lastEpoch && state !== 'ended') return epoch;
      await pause(50);
    }
    return undefined;
  }
}
