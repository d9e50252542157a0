/** Messages as bytes: one making per version, whoever asks; closes that fit their frame. */
import t from 'tap';
import { closes } from '../../../actors/wire/close-codes.ts';
import { Encoded } from '../../../actors/wire/encoded.ts';
import { textFrame } from '../../../actors/wire/frame.ts';
import type { ServerMessage } from '../../../actors/wire/messages.ts';

const utterance = { utteranceId: 'u1', text: 'ça va “là”\n', startMs: 1, endMs: 2, language: 'fr' };

const messages: Record<ServerMessage['type'], ServerMessage> = {
  session: {
    type: 'session',
    slug: 'talk',
    epoch: 7,
    offset: 0,
    state: 'live',
    startedAt: '2026-01-01T00:00:00.000Z',
    transcriber: 'local',
    resumed: true,
  },
  transcript_partial: { type: 'transcript_partial', ...utterance },
  transcript_final: { type: 'transcript_final', offset: 1, ...utterance, words: [], speaker: 'A', confidence: 1 },
  gap: { type: 'gap', offset: 2, startMs: 3, endMs: 4, cause: 'buffer_overflow' },
  session_state: { type: 'session_state', state: 'awaiting' },
  session_end: {
    type: 'session_end',
    offset: 3,
    reason: 'stopped',
    ledger: { receivedMs: 3, transcribedMs: 2, gapMs: 1 },
  },
  ai_insight: { type: 'ai_insight', offset: 4, fence: 2, upToOffset: 1, data: { text: 'ça', list: [1, null] } },
  ai_lease: { type: 'ai_lease', state: 'held', fence: 2, expiresInMs: 5_000 },
  error: { type: 'error', code: 'protocol_error', message: 'no', retryable: false },
};

const run = { slug: 'talk', epoch: 7 };
/** Of a frame with 126 to 65,535 bytes. */
const LONG_HEAD_BYTES = 4;

void t.test('v2 has a message for everything, and says all of it', (t) => {
  for (const message of Object.values(messages)) {
    const encoded = new Encoded(message, run);
    t.strictSame(JSON.parse(encoded.json), message, message.type);
    t.strictSame(encoded.as('v2'), textFrame(encoded.json), message.type);
  }
  t.end();
});

void t.test('v1 has transcripts with its eight fields, in their old order, and nothing for the rest', (t) => {
  const rest = '"text":"ça va “là”\\n","isFinal":FINAL,"language":"fr","startMs":1,"endMs":2}';
  const old = `{"type":"transcript","sessionSlug":"talk","utteranceId":"u1",${rest}`;
  for (const [type, message] of Object.entries(messages)) {
    const text = new Encoded(message, run).as('v1')?.subarray(LONG_HEAD_BYTES).toString();
    const isTranscript = type.startsWith('transcript_');
    t.equal(text, isTranscript ? old.replace('FINAL', String(type === 'transcript_final')) : undefined, type);
  }
  t.end();
});

void t.test('the bytes of a version are made once, for however many viewers', (t) => {
  const encoded = new Encoded(messages.transcript_final, run);
  t.equal(encoded.as('v2'), encoded.as('v2'));
  t.equal(encoded.as('v1'), encoded.as('v1'));
  t.not(encoded.as('v1'), encoded.as('v2'));
  t.end();
});

void t.test('closes have the codes of the protocol, and reasons that fit a close frame', (t) => {
  t.strictSame(closes, {
    heartbeatTimeout: { code: 1008, reason: 'heartbeat_timeout' },
    protocolError: { code: 1008, reason: 'protocol_error' },
    tooManyMessages: { code: 1008, reason: 'too_many_messages' },
    tooSlow: { code: 4008, reason: 'too_slow' },
    serverRestarting: { code: 1012, reason: 'server_restarting' },
    sessionEnded: { code: 1000, reason: 'session_end' },
    tokenExpired: { code: 4001, reason: 'token_expired' },
    logUnavailable: { code: 1013, reason: 'log_unavailable' },
  });
  for (const { reason } of Object.values(closes)) t.ok(Buffer.byteLength(reason) <= 123, reason);
  t.end();
});
