/**
 * How much of what was sent Gladia says that it has, in samples since its session began.
 *
 * `byte_range` is exclusive at its end in all published clients, inclusive in one document; our counts are even, so an
 * odd end says which. Anything outside of what is known and sent is held to that.
 */
const BYTES_PER_SAMPLE = 2;

/** A received range [from, to) in samples. */
export interface ReceivedRange {
  from: number;
  to: number;
}

/** The range of an acknowledgement in samples, its end exclusive. */
export function receivedRange(from: number, to: number): ReceivedRange {
  const end = to % BYTES_PER_SAMPLE === 0 ? to : to + 1;
  return { from: Math.floor(from / BYTES_PER_SAMPLE), to: Math.floor(end / BYTES_PER_SAMPLE) };
}

/** The acknowledged position after hearing `to`: it never goes back, and never beyond what was sent. */
export function advance(ackedSample: number, to: number, sentSample: number): number {
  return Math.max(ackedSample, Math.min(to, sentSample));
}
