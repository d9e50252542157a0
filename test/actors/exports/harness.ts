/** Runs to export. */
import type { RecordMessage } from '../../../actors/wire/messages.ts';
import type { Final, TranscriptRun } from '../../../actors/exports/run.ts';

/** A final of the first second; its offset is its place among those of `runOf`. */
export function final(text: string, more: Partial<Final> = {}): Final {
  const { offset = 1 } = more;
  return {
    ...{ type: 'transcript_final', offset, utteranceId: `u${offset}`, text, startMs: 0, endMs: 1_000, language: 'en' },
    ...more,
  };
}

export function gap(startMs: number, endMs: number, offset = 1): RecordMessage {
  return { type: 'gap', offset, startMs, endMs, cause: 'audio_lost' };
}

/** Numbers the records, and utterances that were not named. */
export function runOf(records: readonly RecordMessage[]): TranscriptRun {
  return {
    ...{ slug: 'talk', epoch: 2, startedAt: '2026-03-01T10:00:00.000Z', transcriber: 'local' },
    records: records.map((record, index) => {
      if (record.type !== 'transcript_final') return { ...record, offset: index + 1 };
      const utteranceId = record.utteranceId === 'u1' ? `u${index + 1}` : record.utteranceId;
      return { ...record, offset: index + 1, utteranceId };
    }),
  };
}
