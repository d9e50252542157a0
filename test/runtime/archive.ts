/** What a server finds when it starts again, and what it forgets: over the embedded log in a folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { RunWriter } from '../../actors/log/port.ts';
import { SqliteLog } from '../../actors/log/sqlite.ts';
import type { RecordMessage } from '../../actors/wire/messages.ts';
import { Archive } from '../../runtime/archive.ts';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.parse('2026-06-01T12:00:00.000Z');

async function newFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-archive-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The log of this folder and its archive, on a wall clock that the test sets. */
async function opened(folder: string, { nowMs = NOON_MS, retentionHours = 24 } = {}) {
  const clock = { nowMs };
  const todayMs = (): number => clock.nowMs;
  const log = await SqliteLog.open({ folder, nowMs: todayMs });
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const archive = await Archive.open({ log, retentionMs: retentionHours * HOUR_MS, todayMs, onFault });
  const close = (): Promise<void> => {
    archive.close();
    return log.close();
  };
  return { log, archive, clock, faults, close };
}

const startOf = (slug: string) => ({ slug, startedAt: '2026-06-01T11:00:00.000Z', transcriber: 'local' });
const final = (offset: number, endMs: number): RecordMessage => {
  const utterance = { utteranceId: `u${offset}`, text: 'Here.', startMs: endMs - 500, endMs, language: 'en' };
  return { type: 'transcript_final', offset, ...utterance };
};
const gap = (offset: number, startMs: number, endMs: number): RecordMessage => {
  return { type: 'gap', offset, startMs, endMs, cause: 'audio_lost' };
};

async function append(writer: RunWriter, ...records: RecordMessage[]): Promise<void> {
  for (const record of records) await writer.append({ offset: record.offset, body: JSON.stringify(record) });
}

void t.test('a run that its server has left is ended, with the account that its records give', async (t) => {
  const folder = await newFolder(t);
  const first = await opened(folder);
  const left = await first.log.claim(startOf('left'));
  await append(left, final(1, 2_000), gap(2, 2_000, 2_400), final(3, 5_000));
  await first.log.claim(startOf('silent'));
  await first.close();
  const second = await opened(folder, { nowMs: NOON_MS + HOUR_MS });
  t.teardown(second.close);
  const found = second.archive.find('left');
  t.match(found, { epoch: left.run.epoch, lastOffset: 4, endedAt: '2026-06-01T13:00:00.000Z' });
  t.strictSame(found?.ledger, { receivedMs: 5_000, transcribedMs: 4_600, gapMs: 400, unackedMs: 0 });
  const [end] = await second.log.read(left.run, 3, 10);
  t.strictSame(JSON.parse(end?.body ?? ''), {
    type: 'session_end',
    offset: 4,
    reason: 'server_lost',
    ledger: { receivedMs: 5_000, transcribedMs: 4_600, gapMs: 400 },
  });
  t.match(second.archive.find('silent'), { lastOffset: 1, ledger: { receivedMs: 0 } });
  t.strictSame(
    second.archive
      .list()
      .map(({ slug }) => slug)
      .toSorted(),
    ['left', 'silent'],
  );
});

void t.test(
  'a run whose end is durable is not ended twice, though the server went before it could say so',
  async (t) => {
    const folder = await newFolder(t);
    const first = await opened(folder);
    const writer = await first.log.claim(startOf('talk'));
    const ledger = { receivedMs: 9, transcribedMs: 9, gapMs: 0 };
    await append(writer, final(1, 900), { type: 'session_end', offset: 2, reason: 'stopped', ledger });
    await first.close();
    for (let start = 0; start < 3; start += 1) {
      const again = await opened(folder);
      t.match(again.archive.find('talk'), { lastOffset: 2, ledger });
      await again.close();
    }
  },
);

void t.test('of a name the newest run is found, and earlier ones by their epoch', async (t) => {
  const { log, archive, close } = await opened(await newFolder(t));
  t.teardown(close);
  const epochs: number[] = [];
  for (const endedAt of ['2026-06-01T10:00:00.000Z', '2026-06-01T11:00:00.000Z']) {
    const writer = await log.claim(startOf('talk'));
    const { run } = writer;
    await writer.end(endedAt);
    archive.add({
      ...run,
      endedAt,
      lastOffset: 0,
      ledger: { receivedMs: 0, transcribedMs: 0, gapMs: 0, unackedMs: 0 },
    });
    epochs.push(run.epoch);
  }
  t.equal(archive.find('talk')?.epoch, epochs[1]);
  t.equal(archive.find('talk', epochs[0])?.epoch, epochs[0]);
  t.equal(archive.find('talk', 1), undefined);
  t.equal(archive.list().length, 1);
  const run = archive.find('talk');
  if (run === undefined) throw new Error('there is none');
  t.equal(archive.records(run), archive.records(run), 'whoever reads it shares what was loaded');
});

void t.test('what ended before the retention is gone from the list at once and from the disk soon', async (t) => {
  const folder = await newFolder(t);
  const { log, archive, clock, close } = await opened(folder, { retentionHours: 2 });
  t.teardown(close);
  const ledger = { receivedMs: 0, transcribedMs: 0, gapMs: 0, unackedMs: 0 };
  for (const [slug, endedAt] of [
    ['old', '2026-06-01T11:00:00.000Z'],
    ['new', '2026-06-01T12:00:00.000Z'],
  ] as const) {
    const writer = await log.claim(startOf(slug));
    await append(writer, final(1, 900));
    await writer.end(endedAt);
    archive.add({ ...writer.run, endedAt, lastOffset: 1, ledger });
  }
  clock.nowMs = Date.parse('2026-06-01T13:30:00.000Z');
  t.equal(archive.find('old'), undefined);
  t.strictSame(
    archive.list().map(({ slug }) => slug),
    ['new'],
  );
  t.equal((await log.runs()).length, 2);
  await archive.forget();
  t.strictSame(
    (await log.runs()).map(({ slug }) => slug),
    ['new'],
  );
});

void t.test('without retention nothing that is over can be read', async (t) => {
  const folder = await newFolder(t);
  const first = await opened(folder);
  const writer = await first.log.claim(startOf('talk'));
  await writer.end('2026-06-01T11:59:00.000Z');
  await first.close();
  const second = await opened(folder, { retentionHours: 0 });
  t.teardown(second.close);
  t.strictSame([second.archive.list(), await second.log.runs()], [[], []]);
});

void t.test('a log that cannot forget is told to the operator and harms nothing', async (t) => {
  const { log, archive, faults, close } = await opened(await newFolder(t));
  t.teardown(close);
  log.forget = () => Promise.reject(new Error('disk'));
  await archive.forget();
  t.match(faults, [{ message: 'disk' }]);
});
