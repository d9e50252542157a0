import t from 'tap';
import { startRecordServer } from '../support/record-server.ts';
import { logViewer } from '../support/viewer-log.ts';
import type { ViewerLog } from '../support/viewer-log.ts';

const finals = ({ lines }: ViewerLog): string[] => lines.filter((line) => line.startsWith('final'));

void t.test('history comes first, then what is said', async (t) => {
  await using server = await startRecordServer();
  server.say('one');
  using viewer = logViewer(server.url);
  await viewer.saw('final 1 one');
  server.say('two');
  await viewer.saw('final 2 two');
  t.strictSame(viewer.lines, ['connection open', 'run 7', 'state live', 'final 1 one', 'final 2 two']);
  t.strictSame(server.asked, ['0']);
});

void t.test('a viewer of what comes from now on gets no history, and resumes from where it began', async (t) => {
  await using server = await startRecordServer();
  server.say('one');
  using viewer = logViewer(server.url, { fromStart: false });
  await viewer.saw('state live');
  server.cut();
  await viewer.saw('connection lost');
  server.say('two');
  await viewer.saw('final 2 two');
  t.strictSame(finals(viewer), ['final 2 two']);
  t.strictSame(server.asked, [null, '7:1']);
});

void t.test('a connection that is cut over and over loses nothing and doubles nothing', async (t) => {
  await using server = await startRecordServer();
  for (let n = 1; n <= 6; n += 1) server.say(`word ${n}`);
  server.fault = { cutAfter: 1 };
  const startMs = performance.now();
  using viewer = logViewer(server.url);
  await viewer.saw('final 6 word 6');
  t.ok(performance.now() - startMs < 4_000, 'progress keeps the waits short');
  t.strictSame(
    finals(viewer),
    Array.from({ length: 6 }, (_, n) => `final ${n + 1} word ${n + 1}`),
  );
  t.strictSame(server.asked, ['0', '7:1', '7:2', '7:3', '7:4', '7:5']);
});

void t.test('a record that got lost on an open connection is asked for again', async (t) => {
  await using server = await startRecordServer();
  server.fault = { skip: new Set([2]) };
  using viewer = logViewer(server.url);
  await viewer.saw('state live');
  for (const text of ['one', 'two', 'three']) server.say(text);
  await viewer.saw('final 3 three');
  t.strictSame(finals(viewer), ['final 1 one', 'final 2 two', 'final 3 three']);
  t.strictSame(server.asked, ['0', '7:1']);
});

void t.test('a hole that stays is told and passed', async (t) => {
  await using server = await startRecordServer();
  server.records.push({ type: 'of_another_age', offset: 1 });
  server.say('two');
  using viewer = logViewer(server.url);
  await viewer.saw('missed 1', 'final 2 two');
  t.strictSame(server.asked, ['0', '7:0']);
});

void t.test('records that a server does not keep any more are told as missed', async (t) => {
  await using server = await startRecordServer();
  server.say('one');
  using viewer = logViewer(server.url);
  await viewer.saw('final 1 one');
  server.fault = { firstOffset: 4 };
  server.cut();
  for (const text of ['two', 'three', 'four']) server.records.push({ ...server.records[0], text });
  server.records.forEach((record, index) => (record['offset'] = index + 1));
  await viewer.saw('missed 2', 'final 4 four');
  t.strictSame(finals(viewer), ['final 1 one', 'final 4 four']);
  t.strictSame(server.asked, ['0', '7:1'], 'they are not asked for again');
});

void t.test('what is sent twice is shown once', async (t) => {
  await using server = await startRecordServer();
  using viewer = logViewer(server.url);
  await viewer.saw('state live');
  server.say('one');
  server.send(JSON.stringify(server.records[0]));
  server.say('two');
  await viewer.saw('final 2 two');
  t.strictSame(finals(viewer), ['final 1 one', 'final 2 two']);
});
