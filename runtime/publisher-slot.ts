/**
 * The place of a session's publisher: taken, lost, taken back, taken over.
 *
 * Only the newest connection's audio and end count; whatever an older one still says is dropped. A takeover cuts the
 * older connection with the reason.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AudioIntake } from '../actors/audio/intake.ts';
import type { PublisherConnection, PublisherSink } from '../actors/ports.ts';

export interface PublisherSlotOptions {
  intake: Pick<AudioIntake, 'audio' | 'publisherChanged'>;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** A publisher has taken the free place. */
  onAttached: () => void;
  /** The publisher vanished without a goodbye. */
  onLost: () => void;
  /** The publisher said goodbye. */
  onEnded: () => void;
}

export class PublisherSlot {
  readonly #options: PublisherSlotOptions;
  #connection: PublisherConnection | undefined;
  /** Of whoever published last; itself it is not kept. */
  #credentialDigest = digestOf(undefined);
  /** Times that a publisher came back or took over. */
  returns = 0;
  #attachedBefore = false;

  constructor(options: PublisherSlotOptions) {
    this.#options = options;
  }

  get taken(): boolean {
    return this.#connection !== undefined;
  }

  get remoteAddress(): string | undefined {
    return this.#connection?.remoteAddress;
  }

  /** Is this the credential of whoever published last, or has nobody published yet? */
  hasCredential(credential: string | undefined): boolean {
    return !this.#attachedBefore || timingSafeEqual(this.#credentialDigest, digestOf(credential));
  }

  /** Gives the place to `connection` and returns where its audio goes. */
  attach(connection: PublisherConnection, credential: string | undefined): PublisherSink {
    const { intake, nowMs, onAttached } = this.#options;
    const previous = this.#connection;
    this.#connection = connection;
    this.#credentialDigest = digestOf(credential);
    if (this.#attachedBefore) this.returns += 1;
    this.#attachedBefore = true;
    intake.publisherChanged();
    previous?.disconnect('Another publisher with the same credential has taken over.');
    if (previous === undefined) onAttached();
    return {
      audio: (tag) => {
        if (this.#connection === connection) intake.audio(tag, nowMs());
      },
      closed: ({ orderly }) => this.#release(connection, orderly),
    };
  }

  /** Cuts the publisher, if there is one, telling it why. */
  disconnect(reason: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.disconnect(reason);
  }

  #release(connection: PublisherConnection, orderly: boolean): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (orderly) this.#options.onEnded();
    else this.#options.onLost();
  }
}

/** Digests are of one length, as a comparison in constant time needs them; none is told from an empty one by its mark. */
function digestOf(credential: string | undefined): Buffer {
  return createHash('sha256')
    .update(credential === undefined ? 'none' : `some ${credential}`)
    .digest();
}
