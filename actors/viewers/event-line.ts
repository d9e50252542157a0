/** A response of server-sent events as a line. Its other end only reads: that bytes leave is all that it can tell. */
import type { ServerResponse } from 'node:http';
import { closeCodes } from '../wire/close-codes.ts';
import type { Close } from '../wire/close-codes.ts';
import { comeBackLater, keepAlive, streamHead } from '../wire/events.ts';
import type { LineListener, ViewerLine } from './line.ts';

/** How long an ended response may take to leave before its connection is cut. */
const END_TIMEOUT_MS = 2_000;

export class EventLine implements ViewerLine {
  readonly protocol = 'events';
  readonly confirms = false;
  listener: LineListener | undefined;
  readonly #response: ServerResponse;
  readonly #random: () => number;

  /** @param response With its head written, and no body yet. @param random From 0 to below 1. */
  constructor(response: ServerResponse, random: () => number = Math.random) {
    this.#response = response;
    this.#random = random;
    response.write(streamHead);
    response.once('close', () => this.listener?.closed());
    response.on('error', () => {
      this.listener?.failed();
      response.destroy();
    });
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  get waitingBytes(): number {
    return this.#response.writableLength;
  }

  write(bytes: readonly Buffer[]): void {
    if (!this.isOpen) return;
    this.#response.cork();
    for (const event of bytes) this.#response.write(event);
    this.#response.uncork();
  }

  writeOne(bytes: Buffer): void {
    if (this.isOpen) this.#response.write(bytes);
  }

  afterFlush(done: () => void): void {
    if (this.isOpen) this.#response.write(keepAlive, () => done());
    else setImmediate(done);
  }

  ping(): void {
    if (!this.isOpen) return;
    this.#response.write(keepAlive, (error) => {
      if (error === undefined || error === null) this.listener?.answered(undefined);
    });
  }

  /** The code has no place in this protocol: the client comes back with its cursor; later when the server goes down. */
  end({ code }: Close): void {
    if (!this.isOpen) return;
    if (code === closeCodes.serverRestarting) this.#response.write(comeBackLater(this.#random));
    const deadline = setTimeout(() => this.#response.destroy(), END_TIMEOUT_MS);
    this.#response.once('close', () => clearTimeout(deadline));
    this.#response.end();
  }

  terminate(): void {
    this.#response.destroy();
  }
}
