/** What of a run may be shown, and where it is read from: held back until it is durable, paged when it is old. */
import t from 'tap';
import type { Test } from 'tap';
import { LogError } from '../../../actors/log/port.ts';
import { PAGE_RECORDS } from '../../../actors/viewers/history.ts';
import { LiveRecords, PastRecords, TAIL_RECORDS } from '../../../actors/viewers/records.ts';
import type { RecordMessage } from '../../../actors/wire/messages.ts';
import { createLog } from '../../../runtime/log.ts';
import { scriptedLog } from '../../support/scripted-log.ts';

const run = { slug: 'talk', epoch: 7, startedAt: '2026-01-01T00:00:00.000Z', transcriber: 'script' };
const gap = (offset: number): RecordMessage => {
  return { type: 'gap', offset, startMs: offset, endMs: offset + 1, cause: 'audio_lost' };
};

function records() {
  const log = scriptedLog(run);
  const lines: string[] = [];
  const shown: number[] = [];
  const durability: boolean[] = [];
  const live: LiveRecords = new LiveRecords({
    writer: log.writer,
    log: log.log,
    lines: createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) }),
    onShown: () => shown.push(live.lastOffset),
    onDurability: (isDurable) => durability.push(isDurable),
  });
  const append = (from: number, to = from): void => {
    for (let offset = from; offset <= to; offset += 1) live.append(gap(offset));
  };
  return { log, live, append, lines, shown, durability };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function readsAll(t: Test, live: LiveRecords | PastRecords, offsets: readonly number[]): void {
  for (const offset of offsets) t.equal(live.read(offset)?.json, JSON.stringify(gap(offset)), `record ${offset}`);
}

void t.test('a record is shown when it is durable, and not before', async (t) => {
  const { log, live, append, shown } = records();
  log.hold();
  append(1, 3);
  await settled();
  t.equal(live.lastOffset, 0);
  t.equal(live.isSettled, false);
  log.release();
  await settled();
  t.equal(live.lastOffset, 3);
  t.equal(live.isSettled, true);
  t.equal(shown.at(-1), 3);
  readsAll(t, live, [1, 2, 3]);
});

void t.test('after its end a run still follows how the log is, until all of it is shown', async (t) => {
  const { log, live, append } = records();
  log.hold();
  append(1, 3);
  live.close();
  await settled();
  t.equal(live.lastOffset, 0);
  log.become({ ok: false, reason: 'slow' });
  await live.settled();
  t.equal(live.lastOffset, 3, 'the end is shown though the log takes nothing');
});

void t.test('a record that is durable shows none that is not', async (t) => {
  const { log, live, append } = records();
  const written: (() => void)[] = [];
  log.writer.append = () => new Promise((resolve) => written.push(resolve));
  append(1, 3);
  for (let offset = 1; offset <= 3; offset += 1) {
    written[offset - 1]?.();
    await settled();
    t.equal(live.lastOffset, offset);
    t.equal(live.isSettled, offset === 3);
  }
});

void t.test('while the log takes nothing records are shown at once, and that is said', async (t) => {
  const { log, live, append, lines, durability } = records();
  log.hold();
  append(1, 2);
  t.equal(live.lastOffset, 0);
  log.become({ ok: false, reason: 'disk full' });
  t.equal(live.lastOffset, 2, 'what waited');
  append(3);
  t.equal(live.lastOffset, 3, 'what comes');
  t.match(lines.join(''), /records are shown before they are durable.*disk full/);
  log.release();
  await settled();
  log.become({ ok: true });
  t.strictSame(durability, [false, true]);
  log.hold();
  append(4);
  t.equal(live.lastOffset, 3, 'durable first again');
  live.close();
});

void t.test('what was shown is never taken back when the log recovers before it has written it', (t) => {
  const { log, live, append } = records();
  log.hold();
  append(1, 5);
  log.become({ ok: false, reason: 'slow' });
  log.become({ ok: true });
  t.equal(live.lastOffset, 5);
  readsAll(t, live, [1, 2, 3, 4, 5]);
  live.close();
  t.end();
});

void t.test('a record that the log refuses for good is shown all the same, and said once', async (t) => {
  const { log, live, append, lines } = records();
  log.writer.append = ({ offset }) => (offset < 3 ? Promise.reject(new Error('no')) : Promise.resolve());
  append(1, 3);
  await settled();
  t.equal(live.lastOffset, 3);
  t.equal(lines.filter((line) => line.includes('never will be')).length, 1);
});

void t.test('the newest records stay in memory, older ones are read in pages that are shared', async (t) => {
  const { log, live, append } = records();
  const last = 4 * TAIL_RECORDS;
  append(1, last);
  await settled();
  append(last + 1);
  await settled();
  t.equal(live.read(1), undefined);
  readsAll(t, live, [last, last - TAIL_RECORDS + 1]);
  await Promise.all(Array.from({ length: 50 }, () => live.load(1)));
  t.equal(log.reads, 1, 'fifty who ask at once are one read');
  readsAll(t, live, [1, 2, PAGE_RECORDS]);
  t.equal(live.read(PAGE_RECORDS + 1), undefined);
  await live.load(PAGE_RECORDS + 1);
  readsAll(t, live, [PAGE_RECORDS + 1]);
  t.equal(log.reads, 2);
});

void t.test('a run that is over is read from its start to its end, within bounded memory', async (t) => {
  const { log, append } = records();
  const last = 40 * PAGE_RECORDS + 3;
  append(1, last);
  await settled();
  const past = new PastRecords(log.log, { ...run, lastOffset: last });
  for (let offset = 1; offset <= last; offset += 1) {
    if (past.read(offset) === undefined) await past.load(offset);
    if (past.read(offset)?.json !== JSON.stringify(gap(offset))) t.fail(`record ${offset}`);
  }
  t.equal(log.reads, 41, 'each page once');
  t.equal(past.read(1), undefined, 'the oldest pages were let go');
});

void t.test('records that cannot be read reject, and are read when they can be', async (t) => {
  const { log, append } = records();
  append(1, 3);
  await settled();
  const past = new PastRecords(log.log, { ...run, lastOffset: 3 });
  log.isUnreadable = true;
  await t.rejects(past.load(1), LogError);
  log.isUnreadable = false;
  await past.load(1);
  readsAll(t, past, [1, 2, 3]);
  await t.rejects(new PastRecords(log.log, { ...run, lastOffset: 9 }).load(9), LogError, 'a hole');
});
