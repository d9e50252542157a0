/**
 * What viewers have seen of utterances that are not final yet, so that none is left hanging when an engine goes away:
 * each is finalised by its engine, or with what was last heard of it, or withdrawn.
 */
import type { EngineUtterance, TranscriptSink } from '../ports.ts';

/** Utterances that may be open at a time; the oldest is made final as it was last heard when there are more. */
const OPEN_MAX = 200;

export class OpenUtterances implements TranscriptSink {
  readonly #sink: TranscriptSink;
  readonly #open = new Map<string, EngineUtterance>();

  constructor(sink: TranscriptSink) {
    this.#sink = sink;
  }

  /** The newest partials of utterances without a final, oldest first. */
  get open(): EngineUtterance[] {
    return [...this.#open.values()];
  }

  partial(utterance: EngineUtterance): void {
    this.#open.set(keyOf(utterance), utterance);
    this.#sink.partial(utterance);
    const [oldest] = this.#open.size > OPEN_MAX ? this.#open.values() : [];
    if (oldest !== undefined) this.final(oldest);
  }

  final(utterance: EngineUtterance): void {
    this.#open.delete(keyOf(utterance));
    this.#sink.final(utterance);
  }

  /** Takes back everything that is not final. */
  withdraw(): void {
    for (const utterance of this.open) this.final({ ...utterance, text: '' });
  }
}

function keyOf({ engineSession, utterance, channel, language }: EngineUtterance): string {
  return JSON.stringify([engineSession, utterance, channel, language]);
}
