/** What the result request tells of a session, and the file of what it has received. */
import { randomUUID } from 'node:crypto';
import type { Faults } from './faults.ts';
import type { SimulatorOptions } from './options.ts';
import type { SimulatedSession } from './session.ts';

const BYTES_PER_SECOND = 32_000;
const WAV_HEADER_BYTES = 44;

/** Of everything that was finished, delivered or not. */
export function transcriptionOf({ finals }: SimulatedSession) {
  const full_transcript = finals.map((final) => String(final['text']).trim()).join(' ');
  return { full_transcript, languages: ['en'], utterances: finals };
}

export type ResultStatus = 'processing' | 'done' | 'error';

export function statusOf({ endedAtMs }: SimulatedSession, faults: Faults, options: SimulatorOptions): ResultStatus {
  if (faults.result === 'processing' || faults.result === 'error') return faults.result;
  const isDone = endedAtMs !== undefined && performance.now() - endedAtMs >= options.resultDelayMs;
  return isDone ? 'done' : 'processing';
}

/** The answer to `GET /v2/live/:id`. */
export function resultOf(session: SimulatedSession, status: ResultStatus): Record<string, unknown> {
  const audio_duration = session.bytes / BYTES_PER_SECOND;
  const common = {
    id: session.id,
    request_id: `G-${randomUUID().slice(0, 8)}`,
    version: 2,
    kind: 'live',
    status,
    created_at: session.createdAt,
    post_session_metadata: {},
    custom_metadata: session.config.params['custom_metadata'] ?? null,
    request_params: session.config.params,
  };
  if (status === 'error') return { ...common, error_code: 500, result: null };
  if (status === 'processing') return { ...common, completed_at: null, result: null };
  const metadata = { audio_duration, number_of_distinct_channels: 1, billing_time: audio_duration };
  return {
    ...common,
    completed_at: new Date().toISOString(),
    file: { id: session.id, filename: `${session.id}.wav`, source: null, audio_duration, number_of_channels: 1 },
    result: {
      metadata: { ...metadata, transcription_time: audio_duration },
      transcription: transcriptionOf(session),
      messages: session.messages,
    },
  };
}

/** All audio that was received, behind a WAV header. */
export function fileOf({ audio }: SimulatedSession): Buffer {
  const pcm = Buffer.concat(audio);
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(BYTES_PER_SECOND / 2, 24);
  header.writeUInt32LE(BYTES_PER_SECOND, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}
