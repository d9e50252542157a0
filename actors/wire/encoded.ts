/** A message as bytes, made once per protocol version however many viewers it goes to. */
import type { ServerMessage } from './messages.ts';
import { encodeV1 } from './v1.ts';
import { encodeV2 } from './v2.ts';

export type ProtocolVersion = 'v1' | 'v2';

export class Encoded {
  readonly #message: ServerMessage;
  readonly #slug: string;
  #v1: Buffer | undefined;
  #v2: Buffer | undefined;

  constructor(message: ServerMessage, slug: string) {
    this.#message = message;
    this.#slug = slug;
  }

  get type(): ServerMessage['type'] {
    return this.#message.type;
  }

  /** Of a transcript; undefined for everything else. */
  get language(): string | undefined {
    return 'language' in this.#message ? this.#message.language : undefined;
  }

  /** Does it take back the text of a partial? */
  get isWithdrawal(): boolean {
    return this.#message.type === 'transcript_partial' && this.#message.text === '';
  }

  /** Undefined when this version has no such message. */
  as(version: ProtocolVersion): Buffer | undefined {
    if (version === 'v2') return (this.#v2 ??= encodeV2(this.#message));
    return (this.#v1 ??= encodeV1(this.#message, this.#slug));
  }
}
