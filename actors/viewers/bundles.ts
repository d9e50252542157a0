/**
 * What a viewer that is up to date still lacks, as bytes that it shares with all who are as far and want the same: put
 * together once for thousands.
 */
import type { Encoded, ProtocolVersion } from '../wire/encoded.ts';
import type { Moments } from './moments.ts';
import type { Records } from './records.ts';

/** Bytes of records given to a viewer at once, before it has to take them. */
export const CATCH_UP_BYTES = 65_536;
/** Bundles that are kept at a time: viewers in step need one for each protocol and choice. */
const BUNDLES_MAX = 32;

/** What a viewer wants to be told. */
export interface ViewerChoice {
  /** False: no partials. */
  partials: boolean;
  /** Transcripts of this language alone; undefined: of every language. */
  language?: string | undefined;
}

/** Who gets the same bytes. */
export interface Standing {
  protocol: ProtocolVersion;
  choice: ViewerChoice;
  /** Newest record that it has. */
  offset: number;
  /** Newest change of a moment that it has. */
  turn: number;
}

export interface Bundle {
  toOffset: number;
  toTurn: number;
  /** Moments that were replaced before they could be given. */
  dropped: number;
  /** Undefined when nothing of it is wanted. */
  bytes: Buffer | undefined;
}

type Made = Standing & Bundle;

/** Does a viewer of this choice get this message? */
export function isWanted({ partials, language }: ViewerChoice, message: Encoded): boolean {
  if (message.type === 'transcript_partial' && !partials) return false;
  return language === undefined || message.language === undefined || message.language === language;
}

export class Bundles {
  readonly #records: Records;
  readonly #moments: Moments;
  #made: Made[] = [];

  constructor(records: Records, moments: Moments) {
    this.#records = records;
    this.#moments = moments;
  }

  /** Undefined when it lacks so much, or such old records, that it has to be given them by itself. */
  of(protocol: ProtocolVersion, choice: ViewerChoice, offset: number, turn: number): Bundle | undefined {
    for (const made of this.#made) {
      const isSame = made.offset === offset && made.turn === turn && made.protocol === protocol;
      if (isSame && made.choice.partials === choice.partials && made.choice.language === choice.language) return made;
    }
    const made = this.#make({ protocol, choice, offset, turn });
    if (made === undefined) return undefined;
    if (this.#made.length >= BUNDLES_MAX) this.#made.shift();
    this.#made.push(made);
    return made;
  }

  /** There is something new: what was made lacks it. */
  clear(): void {
    if (this.#made.length > 0) this.#made = [];
  }

  #make(standing: Standing): Made | undefined {
    const frames: Buffer[] = [];
    let bytes = 0;
    const put = (message: Encoded): void => {
      const frame = isWanted(standing.choice, message) ? message.as(standing.protocol) : undefined;
      if (frame === undefined) return;
      frames.push(frame);
      bytes += frame.length;
    };
    const { lastOffset } = this.#records;
    for (let offset = standing.offset + 1; offset <= lastOffset; offset += 1) {
      const record = this.#records.read(offset);
      if (record === undefined || bytes >= CATCH_UP_BYTES) return undefined;
      put(record);
    }
    let dropped = this.#moments.turn - standing.turn;
    for (const { message } of this.#moments.since(standing.turn)) {
      dropped -= 1;
      put(message);
    }
    return { ...standing, toOffset: lastOffset, toTurn: this.#moments.turn, dropped, bytes: joined(frames, bytes) };
  }
}

/** In memory of its own: a slow viewer that holds it pins nothing else. */
function joined(frames: readonly Buffer[], bytes: number): Buffer | undefined {
  if (frames.length < 2) return frames[0];
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const frame of frames) at += frame.copy(whole, at);
  return whole;
}
