/** A message as bytes, made once per protocol however many viewers it goes to. */
import { encodeEvent } from './events.ts';
import { textFrame } from './frame.ts';
import type { ServerMessage } from './messages.ts';
import { encodeV1 } from './v1.ts';
import { encodeV2 } from './v2.ts';

/** `v2` is the subprotocol `captiond.v2`, `v1` the old shape, `events` the v2 messages as server-sent events. */
export type ProtocolVersion = 'v1' | 'v2' | 'events';

/** The run that a message belongs to. */
export interface RunName {
  slug: string;
  epoch: number;
}

export class Encoded {
  readonly message: ServerMessage;
  readonly #run: RunName;
  readonly #bytes: Partial<Record<ProtocolVersion, Buffer>> = {};
  #json: string | undefined;
  #hasNoV1 = false;

  /** @param json The message in `captiond.v2`, where it is known already. */
  constructor(message: ServerMessage, run: RunName, json?: string) {
    this.message = message;
    this.#run = run;
    this.#json = json;
  }

  /** A record as it was logged. */
  static logged(body: string, run: RunName): Encoded {
    return new Encoded(JSON.parse(body) as ServerMessage, run, body);
  }

  get type(): ServerMessage['type'] {
    return this.message.type;
  }

  /** Of a transcript; undefined for everything else. */
  get language(): string | undefined {
    return 'language' in this.message ? this.message.language : undefined;
  }

  /** Does it take back the text of a partial? */
  get isWithdrawal(): boolean {
    return this.message.type === 'transcript_partial' && this.message.text === '';
  }

  /** The message in `captiond.v2`. */
  get json(): string {
    return (this.#json ??= encodeV2(this.message));
  }

  /** As it is written to a viewer; undefined when this protocol has no such message. */
  as(version: ProtocolVersion): Buffer | undefined {
    const known = this.#bytes[version];
    if (known !== undefined || (version === 'v1' && this.#hasNoV1)) return known;
    const made = this.#make(version);
    if (made === undefined) this.#hasNoV1 = true;
    else this.#bytes[version] = made;
    return made;
  }

  #make(version: ProtocolVersion): Buffer | undefined {
    if (version === 'v2') return textFrame(this.json);
    if (version === 'events') return encodeEvent(this.message, this.json, this.#run.epoch);
    const old = encodeV1(this.message, this.#run.slug);
    return old === undefined ? undefined : textFrame(old);
  }
}
