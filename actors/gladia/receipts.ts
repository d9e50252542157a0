/** When Gladia had received how much: what came a while ago has been listened to. Samples of the session's clock. */

/** A final is 1.5 s late at the most, 3 s after a burst. */
const QUIET_MS = 5_000;
/** Moments remembered; the oldest is dropped when there are more, which only makes the rest count later. */
const RECEIPTS_MAX = 512;

export class Receipts {
  #receipts: { atMs: number; sample: number }[] = [];

  /** Everything before `sample` has been received at `nowMs`. */
  note(sample: number, nowMs: number): void {
    if (this.#receipts.at(-1)?.sample !== sample) this.#receipts.push({ atMs: nowMs, sample });
    const second = (): { atMs: number } | undefined => this.#receipts[1];
    while (this.#receipts.length > RECEIPTS_MAX || nowMs - (second()?.atMs ?? nowMs) >= QUIET_MS)
      this.#receipts.shift();
  }

  /** How much had been received long enough before `nowMs`. */
  quietSample(nowMs: number): number {
    const [oldest] = this.#receipts;
    return oldest !== undefined && nowMs - oldest.atMs >= QUIET_MS ? oldest.sample : 0;
  }
}
