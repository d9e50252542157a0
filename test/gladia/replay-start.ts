/** What is sent again after a drop begins with a word, of which Gladia says that it began a little earlier. */
import t from 'tap';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import { PADDING_SAMPLES } from '../../actors/gladia/limits.ts';
import { GladiaLink } from '../../actors/gladia/link.ts';
import { PROBE_SAMPLES } from '../../actors/gladia/sent-audio.ts';
import type { EngineUtterance } from '../../actors/ports.ts';
import { createLog } from '../../runtime/log.ts';

const SAMPLE_RATE_HZ = 16_000;
const EARLY_SECONDS = 0.02;

void t.test('a word at the very start of what is sent again is told, one of the first copy is not', (t) => {
  const ledger = new AudioLedger({ chunkMs: 100, bufferMs: 60_000, onGap: () => {} });
  const finals: EngineUtterance[] = [];
  const sink = { partial: () => {}, final: (heard: EngineUtterance) => void finals.push(heard) };
  const log = createLog({ level: 'error', pretty: false, write: () => {} });
  const link = new GladiaLink({ slug: 'talk', language: 'en', source: ledger, sink, log, nowMs: () => 0 });
  let sentBytes = 0;
  const connection = { send: (bytes: Buffer) => void (sentBytes += bytes.length), bufferedBytes: () => 0 };
  const final = (text: string, startSeconds: number, endSeconds: number): void => {
    const place = { startSeconds, endSeconds };
    const utterance = { text, ...place, language: 'en', channel: 0, words: [{ text: ` ${text}`, ...place }] };
    link.heard({ type: 'transcript', id: text, isFinal: true, utterance });
  };

  link.begin();
  link.connect(connection, () => {});
  ledger.append(Buffer.alloc(2 * SAMPLE_RATE_HZ * 2));
  link.heard({ type: 'ack', from: 0, to: sentBytes });
  link.disconnect();
  link.connect(connection, () => {});
  const probeFrom = sentBytes - PROBE_SAMPLES * 2;
  link.heard({ type: 'ack', from: probeFrom, to: sentBytes });
  const againSeconds = 2 + (PROBE_SAMPLES + PADDING_SAMPLES) / SAMPLE_RATE_HZ;
  final('first-copy', 0.01, 0.25);
  final('second-copy', againSeconds - EARLY_SECONDS, againSeconds + 0.25);
  t.match(finals, [{ text: 'second-copy', startMs: 0, endMs: 250 }]);
  t.equal(finals.length, 1);
  t.end();
});
