import t from 'tap';
import { Transcript } from '../../actors/transcript.ts';
import type { EngineUtterance } from '../../actors/ports.ts';

const heard = (utterance: string, more: Partial<EngineUtterance> = {}): EngineUtterance => ({
  engineSession: 'a',
  utterance,
  channel: 0,
  language: 'en',
  text: `text ${utterance}`,
  startMs: 1.4,
  endMs: 2.6,
  ...more,
});

void t.test('an utterance has one id from its first partial to its final', (t) => {
  const transcript = new Transcript(10);
  const ids = [
    transcript.partial(heard('7'))?.utteranceId,
    transcript.partial(heard('8'))?.utteranceId,
    transcript.partial(heard('7', { text: 'longer' }))?.utteranceId,
    transcript.final(heard('7'))?.utteranceId,
    transcript.final(heard('8'))?.utteranceId,
  ];
  t.strictSame(ids, ['u1', 'u2', 'u1', 'u1', 'u2']);
  t.end();
});

void t.test('identity is engine session, channel and utterance; a final counts once per language of it', (t) => {
  const transcript = new Transcript(10);
  const offsets = [
    heard('1'),
    heard('1'),
    heard('1', { engineSession: 'b' }),
    heard('1', { channel: 1 }),
    heard('1', { language: 'fr' }),
    heard('1', { text: 'said otherwise' }),
  ].map((utterance) => transcript.final(utterance)?.offset);
  t.strictSame(offsets, [1, undefined, 2, 3, 4, undefined]);
  t.equal(transcript.duplicates, 2);
  t.equal(transcript.offset, 4);
  t.end();
});

void t.test('a partial after its final is not told', (t) => {
  const transcript = new Transcript(10);
  transcript.final(heard('1'));
  t.equal(transcript.partial(heard('1')), undefined);
  t.ok(transcript.partial(heard('1', { language: 'fr' })));
  t.end();
});

void t.test('as many finals are remembered as the window holds', (t) => {
  const transcript = new Transcript(3);
  for (const utterance of ['1', '2', '3', '4']) transcript.final(heard(utterance));
  t.equal(transcript.final(heard('2')), undefined, 'inside the window');
  t.match(transcript.final(heard('1')), { offset: 5, utteranceId: 'u5' }, 'outside: another utterance');
  t.end();
});

void t.test('records are numbered together, without holes; times are whole milliseconds', (t) => {
  const transcript = new Transcript(10);
  t.match(transcript.final(heard('1', { text: ' said ' })), { offset: 1, text: 'said', startMs: 1, endMs: 3 });
  t.strictSame(transcript.gap(5.2, 9.7, 'audio_lost'), {
    type: 'gap',
    offset: 2,
    startMs: 5,
    endMs: 10,
    cause: 'audio_lost',
  });
  const ledger = { receivedMs: 10, transcribedMs: 5, gapMs: 5, unackedMs: 0 };
  t.strictSame(transcript.end('stopped', ledger), {
    type: 'session_end',
    offset: 3,
    reason: 'stopped',
    ledger: { receivedMs: 10, transcribedMs: 5, gapMs: 5 },
  });
  t.end();
});

void t.test('what an engine did not say is not told', (t) => {
  const transcript = new Transcript(10);
  t.strictSame(Object.keys(transcript.final(heard('1')) ?? {}).toSorted(), [
    ...['endMs', 'language', 'offset', 'startMs', 'text', 'type', 'utteranceId'],
  ]);
  const rich = { words: [], speaker: '1', channel: 1, confidence: 0.5 };
  t.match(transcript.final(heard('2', rich)), rich);
  t.end();
});

void t.test('open utterances do not pile up for ever', (t) => {
  const transcript = new Transcript(1);
  for (let at = 0; at < 5_000; at += 1) transcript.partial(heard(String(at)));
  t.equal(transcript.partial(heard('4999'))?.utteranceId, 'u5000', 'a new one keeps its id');
  t.equal(transcript.partial(heard('0'))?.utteranceId, 'u5001', 'the oldest is forgotten');
  t.end();
});
