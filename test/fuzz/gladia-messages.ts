/**
 * What Gladia's socket might say, changed at random: nothing throws, the account of the audio stays whole, what viewers
 * would be told is well-formed, and nothing grows without a bound.
 */
import t from 'tap';
import { AudioLedger } from '../../actors/audio/ledger.ts';
import { GladiaLink } from '../../actors/gladia/link.ts';
import { parseMessage } from '../../actors/gladia/messages.ts';
import { OpenUtterances } from '../../actors/gladia/open-utterances.ts';
import type { EngineUtterance } from '../../actors/ports.ts';
import { Transcript } from '../../actors/transcript.ts';
import { changeJson, changeLines } from '../support/fuzz/mutate-text.ts';
import { runFuzz } from '../support/fuzz/run-fuzz.ts';
import type { Ending } from '../support/fuzz/run-fuzz.ts';

const ack = (from: number, to: number): string =>
  JSON.stringify({ type: 'audio_chunk', acknowledged: true, error: null, data: { byte_range: [from, to] } });
const utterance = {
  text: ' Ask not what',
  start: 0.1,
  end: 0.9,
  language: 'en',
  channel: 0,
  speaker: 1,
  confidence: 0.9,
  words: [
    { word: ' Ask', start: 0.1, end: 0.3, confidence: 0.9 },
    { word: ' not', start: 0.3, end: 0.9, confidence: 0.8 },
  ],
};
const said = (id: string, isFinal: boolean, more = {}): string =>
  JSON.stringify({ type: 'transcript', data: { id, is_final: isFinal, utterance: { ...utterance, ...more } } });

const seeds = [
  [
    ack(0, 3_200),
    '{"type":"speech_start","data":{"time":0.1,"channel":0}}',
    said('00-1', false),
    ack(3_200, 6_400),
    '{"type":"speech_end","data":{"time":0.9,"channel":0}}',
    said('00-1', true),
    said('00-2', true, { start: 1, end: 1.5, words: [] }),
  ],
  [
    said('00-1', true),
    JSON.stringify({
      type: 'translation',
      error: null,
      data: { utterance_id: '00-1', target_language: 'fr', translated_utterance: utterance },
    }),
    '{"type":"error","data":{"code":"x"},"error":{"message":"no"}}',
    '{"type":"stop_recording","acknowledged":true}',
    '{"type":"post_final_transcript","data":{}}',
    '{"type":"end_session"}',
  ],
].map((lines) => lines.join('\n'));

const types = new Set([
  ...[
    'ack',
    'nack',
    'stop_ack',
    'speech_start',
    'speech_end',
    'transcript',
    'translation',
    'ended',
    'error',
    'unknown',
  ],
]);

function oddIn({ text, startMs, endMs, utterance: id, language }: EngineUtterance): string | undefined {
  const isPlaced = Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs) && startMs >= 0 && endMs >= startMs;
  if (!isPlaced) return `a place of ${startMs} to ${endMs}`;
  const areTexts = [text, id, language].every((each) => typeof each === 'string' && each.length <= 20_000);
  return areTexts ? undefined : 'a text that is none, or has no end';
}

/** A link over two seconds of audio that has been sent, and everything that it says. */
function rig() {
  const ledger = new AudioLedger({ chunkMs: 100, bufferMs: 5_000, onGap: () => {} });
  const odd: string[] = [];
  const transcript = new Transcript(1_000);
  const told = (heard: EngineUtterance, isFinal: boolean): void => {
    odd.push(...[oddIn(heard)].filter((each) => each !== undefined));
    JSON.stringify(isFinal ? transcript.final(heard) : transcript.partial(heard));
  };
  const link = new GladiaLink({
    ...{ slug: 'talk', language: 'en', source: ledger, nowMs: () => 0 },
    sink: { partial: (heard) => told(heard, false), final: (heard) => told(heard, true) },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (message) => void odd.push(message) },
  });
  const news: string[] = [];
  link.begin();
  link.connect({ send: () => {}, bufferedBytes: () => 0 }, (what) => news.push(what));
  ledger.append(Buffer.alloc(2 * 32_000));
  return { ledger, link, odd, news };
}

async function run(input: string): Promise<Ending> {
  const { ledger, link, odd, news } = rig();
  const parsed = new Set<string>();
  try {
    for (const line of input.split('\n')) {
      const message = parseMessage(line);
      if (!types.has(message.type)) odd.push(`a message of the type ${message.type}`);
      parsed.add(message.type);
      link.heard(message);
    }
    link.retire();
    link.complete('everything');
  } catch (error) {
    odd.push(String(error));
  }
  const { receivedMs, transcribedMs, gapMs, unackedMs } = ledger.totals();
  const isWhole = receivedMs === 2_000 && transcribedMs + gapMs + unackedMs === receivedMs && unackedMs >= 0;
  if (!isWhole) odd.push(`an account of ${JSON.stringify(ledger.totals())}`);
  if (Object.keys(Object.prototype).length > 0 || 'polluted' in {}) odd.push('a prototype was changed');
  return { ending: [...parsed, ...new Set(news)].toSorted().join(' '), fault: odd[0] };
}

void t.test('what Gladia says, changed at random', async (t) => {
  const mutate = (text: string, random: () => number): string => changeLines(text, random, changeJson);
  await runFuzz(t, { name: 'gladia-messages', seeds, mutate, run, cases: 10_000 });
});

void t.test('names of every object are no names of messages', async (t) => {
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    t.strictSame(parseMessage(JSON.stringify({ type: name })), { type: 'unknown', name });
  }
});

void t.test('utterances without an end are not collected without a bound', async (t) => {
  let finals = 0;
  const open = new OpenUtterances({ partial: () => {}, final: () => (finals += 1) });
  for (let id = 0; id < 1_000; id += 1) {
    const place = { engineSession: 'e', utterance: String(id), channel: 0, language: 'en', startMs: 0, endMs: 1 };
    open.partial({ ...place, text: 'said' });
  }
  t.equal(open.open.length, 200);
  t.equal(finals, 800, 'the oldest are final as they were last heard');
});

void t.test('an utterance that is far too long is not taken', async (t) => {
  const long = (more: object): string => parseMessage(said('x', true, more)).type;
  t.equal(long({}), 'transcript');
  t.equal(long({ text: 'x'.repeat(20_001) }), 'unknown');
  t.equal(long({ words: Array.from({ length: 5_001 }, () => utterance.words[0]) }), 'unknown');
  t.equal(parseMessage(said('x'.repeat(201), true)).type, 'unknown');
  t.match(parseMessage(said('x', true, { channel: 1e9, speaker: 'y'.repeat(500) })), { utterance: { channel: 0 } });
});
