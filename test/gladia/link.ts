/** The link between a session's audio and Gladia, without a network: what is told, and what the ledger makes of it. */
import t from 'tap';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import { PADDING_SAMPLES } from '../../actors/gladia/limits.ts';
import { GladiaLink } from '../../actors/gladia/link.ts';
import { PROBE_SAMPLES } from '../../actors/gladia/sent-audio.ts';
import type { EngineUtterance } from '../../actors/ports.ts';
import { createLog } from '../../runtime/log.ts';

const SAMPLE_RATE_HZ = 16_000;
const BYTES_PER_SECOND = 2 * SAMPLE_RATE_HZ;
const EARLY_SECONDS = 0.02;

/** A link that two seconds of sound have been sent over. */
function rig() {
  const gaps: [number, number][] = [];
  const onGap = (startMs: number, endMs: number): void => void gaps.push([startMs, endMs]);
  const ledger = new AudioLedger({ chunkMs: 100, bufferMs: 60_000, onGap });
  const finals: EngineUtterance[] = [];
  const sink = { partial: () => {}, final: (heard: EngineUtterance) => void finals.push(heard) };
  const log = createLog({ level: 'error', pretty: false, write: () => {} });
  const link = new GladiaLink({ slug: 'talk', language: 'en', source: ledger, sink, log, nowMs: () => 0 });
  const sent = { bytes: 0 };
  const connection = { send: (bytes: Buffer) => void (sent.bytes += bytes.length), bufferedBytes: () => 0 };
  link.begin();
  link.connect(connection, () => {});
  ledger.append(Buffer.alloc(2 * BYTES_PER_SECOND));
  return { link, ledger, gaps, finals, sent, connection };
}

function utterance(text: string, startSeconds: number, endSeconds: number) {
  const place = { startSeconds, endSeconds };
  return { text, ...place, language: 'en', channel: 0, words: [{ text: ` ${text}`, ...place }] };
}

void t.test('a word at the very start of what is sent again is told, one of the first copy is not', (t) => {
  const { link, finals, sent, connection } = rig();
  const final = (text: string, startSeconds: number, endSeconds: number): void => {
    link.heard({ type: 'transcript', id: text, isFinal: true, utterance: utterance(text, startSeconds, endSeconds) });
  };
  link.heard({ type: 'ack', from: 0, to: sent.bytes });
  link.disconnect();
  link.connect(connection, () => {});
  link.heard({ type: 'ack', from: sent.bytes - PROBE_SAMPLES * 2, to: sent.bytes });
  const againSeconds = 2 + (PROBE_SAMPLES + PADDING_SAMPLES) / SAMPLE_RATE_HZ;
  final('first-copy', 0.01, 0.25);
  // Gladia rounds, and this one begins right behind the silence that is sent first.
  final('second-copy', againSeconds - EARLY_SECONDS, againSeconds + 0.25);
  t.match(finals, [{ text: 'second-copy', startMs: 0, endMs: 250 }]);
  t.equal(finals.length, 1);
  t.end();
});

void t.test('what the result request tells is said, whatever was acknowledged: no gap covers it', (t) => {
  const { link, ledger, gaps, finals } = rig();
  link.heard({ type: 'ack', from: 0, to: BYTES_PER_SECOND / 2 });
  link.recover([utterance('late', 0.6, 1.5)]);
  link.complete('what was received');
  ledger.declareGap(ledger.ackedSample, ledger.headSample, 'finalize_timeout');
  t.match(finals, [{ text: 'late', startMs: 600, endMs: 1_500 }]);
  t.strictSame(gaps, [[1_500, 2_000]]);
  t.end();
});

void t.test('what is final as it was last heard is said, whatever was acknowledged: no gap covers it', (t) => {
  const { link, ledger, gaps, finals } = rig();
  link.heard({ type: 'ack', from: 0, to: BYTES_PER_SECOND / 2 });
  link.heard({ type: 'transcript', id: 'u', isFinal: false, utterance: utterance('open', 0.6, 1.5) });
  link.complete('what was received');
  ledger.declareGap(ledger.ackedSample, ledger.headSample, 'finalize_timeout');
  t.match(finals, [{ text: 'open', startMs: 600, endMs: 1_500 }]);
  t.strictSame(gaps, [[1_500, 2_000]]);
  t.end();
});
