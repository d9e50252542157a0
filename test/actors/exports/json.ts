import t from 'tap';
import { toJson } from '../../../actors/exports/json.ts';
import { toSrt } from '../../../actors/exports/srt.ts';
import { toTxt } from '../../../actors/exports/txt.ts';
import { toVtt } from '../../../actors/exports/vtt.ts';
import type { RecordMessage } from '../../../actors/wire/messages.ts';
import { final, gap, runOf } from './harness.ts';

const ledger = { receivedMs: 3, transcribedMs: 2, gapMs: 1 };
const end: RecordMessage = { type: 'session_end', offset: 0, reason: 'stopped', ledger };
const hello = final('hello', { utteranceId: 'a', words: [{ text: 'hello', startMs: 0, endMs: 9 }], confidence: 0.5 });
const run = runOf([hello, { ...hello, text: 'bonjour', language: 'fr' }, gap(1, 2), end]);

void t.test('records are those of the wire, all languages, with the ledger of the end', (t) => {
  t.strictSame(JSON.parse(toJson({ ...run, endedAt: '2026-03-01T11:00:00.000Z' })), {
    ...{ slug: 'talk', epoch: 2, startedAt: '2026-03-01T10:00:00.000Z', endedAt: '2026-03-01T11:00:00.000Z' },
    ...{ transcriber: 'local', complete: true, ledger, records: run.records.slice(0, 3) },
  });
  t.end();
});

void t.test('a language keeps its finals and the gaps', (t) => {
  const { language, records } = JSON.parse(toJson(run, 'fr')) as { language: string; records: RecordMessage[] };
  t.equal(language, 'fr');
  t.strictSame(records, [run.records[1], run.records[2]]);
  t.end();
});

void t.test('insights are records of the JSON, whatever the language, and of no other format', (t) => {
  const insight: RecordMessage = {
    type: 'ai_insight',
    offset: 0,
    fence: 3,
    upToOffset: 1,
    data: { text: '--> no\u202e cue' },
  };
  const known = runOf([hello, insight, gap(1_000, 2_000), end]);
  for (const language of [undefined, 'fr']) {
    const { complete, records } = JSON.parse(toJson(known, language)) as {
      complete: boolean;
      records: RecordMessage[];
    };
    t.equal(complete, true);
    t.strictSame(
      records.find(({ type }) => type === 'ai_insight'),
      { ...insight, offset: 2 },
    );
  }
  t.notMatch(toJson(known), '\u202e');
  const without = runOf([hello, gap(1_000, 2_000), end]);
  for (const write of [toTxt, toSrt, toVtt]) t.equal(write(known), write(without), write.name);
  t.end();
});

void t.test('complete is a run that has ended and lost no record', (t) => {
  const complete = (records: RecordMessage[]) =>
    (JSON.parse(toJson({ ...run, records })) as { complete: boolean }).complete;
  t.equal(complete([...run.records]), true);
  t.equal(complete(run.records.toReversed()), true, 'in any order');
  t.equal(complete(run.records.slice(0, 3)), false, 'still live');
  t.equal(complete(run.records.slice(1)), false, 'the oldest is gone');
  t.equal(complete(run.records.toSpliced(1, 1)), false, 'one is missing');
  t.strictSame(JSON.parse(toJson({ ...run, records: [] })), {
    ...{ slug: 'talk', epoch: 2, startedAt: run.startedAt, transcriber: 'local', complete: false, records: [] },
  });
  t.end();
});

void t.test('each record is one line for any reader of lines, and reads back as it was', (t) => {
  const text = 'a\n\u2028\u2029\u0085\u202e\u001b\ud800"\\';
  const json = toJson(runOf([final(text), gap(1, 2)]));
  const lines = json.split(/[\n\u2028\u2029\u0085]/);
  t.equal(lines.filter((line) => line.startsWith('{"type"')).length, 2);
  for (const character of ['\u202e', '\u001b', '\ud800']) t.notOk(json.includes(character));
  t.equal((JSON.parse(json) as { records: { text: string }[] }).records[0]?.text, text);
  t.end();
});
