/**
 * The old shape, for clients that offer no subprotocol: transcripts alone, partials and finals alike, and no field that
 * such a client does not know.
 */
import type { ServerMessage } from './messages.ts';

/** Undefined for what the old shape has no message for. */
export function encodeV1(message: ServerMessage, sessionSlug: string): string | undefined {
  if (message.type !== 'transcript_partial' && message.type !== 'transcript_final') return undefined;
  const { utteranceId, text, language, startMs, endMs } = message;
  const isFinal = message.type === 'transcript_final';
  const old = { type: 'transcript', sessionSlug, utteranceId, text, isFinal, language, startMs, endMs };
  return JSON.stringify(old);
}
