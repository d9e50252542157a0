/** Acknowledgements of one connection: session-wide, exclusive byte ranges, unless they are to be wrong. */
import type { Faults, NackShape } from './faults.ts';
import type { Message } from './utterances.ts';

const BYTES_PER_SECOND = 32_000;
const DELAYED_ACK_MS = 5_000;
const BEYOND_BYTES = 64_000;
/** So many chunks are acknowledged at once when acknowledgements are merged. */
const MERGED_CHUNKS = 3;

export interface Acknowledgement {
  message: Message;
  delayMs: number;
}

export class Acknowledgements {
  readonly #faults: Faults;
  readonly #firstByte: number;
  readonly #delayMs: number;
  #chunks = 0;
  #mergedFrom: number | undefined;

  constructor(faults: Faults, firstByte: number, delayMs: number) {
    this.#faults = faults;
    this.#firstByte = firstByte;
    this.#delayMs = delayMs;
  }

  /** What is to be said of bytes `from` to `to` of the session; undefined when nothing is. */
  of(from: number, to: number): Acknowledgement | undefined {
    const faults = this.#faults;
    this.#chunks += 1;
    if (faults.acks === 'off') return undefined;
    if (faults.loseAcks > 0) {
      faults.loseAcks -= 1;
      return undefined;
    }
    if (faults.acks === 'merged' && this.#chunks % MERGED_CHUNKS !== 0) {
      this.#mergedFrom ??= from;
      return undefined;
    }
    const base = faults.acks === 'restart_per_connection' ? this.#firstByte : 0;
    const start = (this.#mergedFrom ?? from) - base;
    this.#mergedFrom = undefined;
    const end = to - base + (faults.acks === 'beyond_sent' ? BEYOND_BYTES : 0) - (faults.acks === 'inclusive' ? 1 : 0);
    const data = { byte_range: [start, end], time_range: [start / BYTES_PER_SECOND, end / BYTES_PER_SECOND] };
    const message = { type: 'audio_chunk', acknowledged: true, error: null, data };
    return { message, delayMs: faults.acks === 'delayed' ? DELAYED_ACK_MS : this.#delayMs };
  }
}

/** A chunk that is not taken. */
export function refusedChunk(reason: string, shape: NackShape): Message {
  const errors: Record<NackShape, unknown> = {
    object: { message: reason },
    status: { status_code: 409, exception: 'ConflictError', message: reason },
    string: reason,
  };
  const data = shape === 'object' ? null : {};
  return { type: 'audio_chunk', acknowledged: false, error: errors[shape], data };
}
