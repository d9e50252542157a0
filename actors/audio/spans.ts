/** Where stored sound lies on the session's clock: ordered, disjoint runs of samples, with holes between. Pure. */

/** Samples [start, end) of the clock; `stored` is the place of `start` in the order of storing. */
export interface Span {
  start: number;
  end: number;
  stored: number;
}

export class Spans {
  #spans: Span[] = [];
  /** Samples in all spans. */
  samples = 0;

  /** The first span that ends after `sample`. */
  at(sample: number): Span | undefined {
    return this.#spans.find((span) => span.end > sample);
  }

  get last(): Span | undefined {
    return this.#spans.at(-1);
  }

  /** Adds [start, end), which lies behind everything, stored from `stored` on. */
  append(start: number, end: number, stored: number): void {
    const { last } = this;
    this.samples += end - start;
    if (last !== undefined && last.end === start && last.stored + (last.end - last.start) === stored) last.end = end;
    else this.#spans.push({ start, end, stored });
  }

  /** What of [start, end) is stored, on the clock: ordered, and apart from each other. */
  within(start: number, end: number): { start: number; end: number }[] {
    const parts: { start: number; end: number }[] = [];
    for (const span of this.#spans) {
      const part = { start: Math.max(start, span.start), end: Math.min(end, span.end) };
      const last = parts.at(-1);
      if (part.end <= part.start) continue;
      if (last?.end === part.start) last.end = part.end;
      else parts.push(part);
    }
    return parts;
  }

  /** Takes out what lies in [start, end) and returns how many samples that were. */
  cut(start: number, end: number): number {
    const before = this.samples;
    this.#spans = this.#spans.flatMap((span) => {
      if (span.end <= start || span.start >= end) return [span];
      const left = { ...span, end: Math.min(span.end, start) };
      const right = { start: Math.max(span.start, end), end: span.end, stored: span.stored };
      right.stored += right.start - span.start;
      return [left, right].filter((part) => part.end > part.start);
    });
    this.samples = this.#spans.reduce((sum, span) => sum + span.end - span.start, 0);
    return before - this.samples;
  }
}
