/**
 * What was sent to one session at Gladia, and what of it Gladia has. Samples on Gladia's clock unless they are said to be
 * the session's.
 */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import { advance, receivedRange } from './acks.ts';
import { Receipts } from './receipts.ts';
import { Timeline } from './timeline.ts';

/** Silence sent first on a new connection, of a length that no chunk has: its acknowledgement says how much Gladia has. */
export const PROBE_SAMPLES = 0.0625 * SAMPLE_RATE_HZ;

/** What is said so near to the end of the audio ends with it: a few probes may lie behind it. */
const END_SECONDS = 0.3;

export class SentAudio {
  readonly timeline = new Timeline();
  #receipts = new Receipts();
  #ackedSample = 0;
  #hasAcks = false;

  /** Samples sent so far. */
  get end(): number {
    return this.timeline.end;
  }

  /** Sent and not acknowledged; unknown, and taken for nothing, as long as Gladia acknowledges nothing. */
  get inFlight(): number {
    return this.#hasAcks ? this.end - this.#ackedSample : 0;
  }

  /** Can a drop be mended? Not without acknowledgements: how much Gladia has would be a guess. */
  get canResume(): boolean {
    return this.end === 0 || this.#hasAcks;
  }

  /** Has everything been received, as far as can be known? */
  get isAllReceived(): boolean {
    return this.inFlight === 0;
  }

  /** The session's sample up to which Gladia has received everything. */
  get receivedSample(): number {
    return this.timeline.captured(this.#ackedSample);
  }

  /** Does what ends there reach the end of what Gladia has received? Without its word for that, of what it has acknowledged. */
  endsAt(endSeconds: number, receivedSeconds = this.#ackedSample / SAMPLE_RATE_HZ): boolean {
    return Math.abs(endSeconds - receivedSeconds) < END_SECONDS;
  }

  /** The session's sample up to which Gladia had received everything a while ago. */
  quietSample(nowMs: number): number {
    this.#receipts.note(this.receivedSample, nowMs);
    return this.#receipts.quietSample(nowMs);
  }

  /** What is sent from here on is heard again. */
  startAgain(): void {
    this.#receipts = new Receipts();
  }

  acked(bytes: { from: number; to: number }): void {
    this.#hasAcks = true;
    this.#ackedSample = advance(this.#ackedSample, receivedRange(bytes.from, bytes.to).to, this.end);
  }

  /**
   * The first acknowledgement of a new connection. `known`: how much Gladia has is clear, and what was lost on the way is
   * forgotten; `old`: it is not the probe's; `unusable`: Gladia's count began again. `at` is the session's sample that the
   * probe stands for.
   */
  probed(bytes: { from: number; to: number }, at: number): 'known' | 'old' | 'unusable' {
    const { from, to } = receivedRange(bytes.from, bytes.to);
    if (to - from !== PROBE_SAMPLES && to <= this.#ackedSample) return 'old';
    const received = to - PROBE_SAMPLES;
    if (received < this.#ackedSample || received > this.end) return 'unusable';
    this.timeline.cutAt(received);
    this.timeline.padding(at, PROBE_SAMPLES);
    this.#ackedSample = this.end;
    return 'known';
  }
}
