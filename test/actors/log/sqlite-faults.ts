/** The embedded log when the disk is full, slow or gone, its thread dies, or another process wants it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { LogError } from '../../../actors/log/port.ts';
import type { LogHealth } from '../../../actors/log/port.ts';
import { LOG_FILE } from '../../../actors/log/sqlite-store.ts';
import { SqliteLog } from '../../../actors/log/sqlite.ts';
import { eventually } from '../../support/processes.ts';

const start = (slug: string) => ({ slug, startedAt: '2026-01-01T00:00:00.000Z', transcriber: 'local' });
const record = (offset: number, text = `record ${offset}`) => ({ offset, body: JSON.stringify({ text }) });
const faultOf = (error: unknown): string => (error instanceof LogError ? error.fault : String(error));

async function newFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-faults-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(t: Test, folder: string, maxBytes?: number): Promise<SqliteLog & { changes: LogHealth[] }> {
  const log = await SqliteLog.open({ folder, nowMs: Date.now, maxBytes });
  const changes: LogHealth[] = [];
  log.onHealth((health) => changes.push(health));
  t.teardown(() => log.close());
  return Object.assign(log, { changes });
}

void t.test('a full disk: what is durable stays readable, what waits becomes durable when there is room', async (t) => {
  const folder = await newFolder(t);
  const log = await opened(t, folder, 200_000);
  const old = await log.claim(start('old'));
  const text = 'x'.repeat(10_000);
  const durable: number[] = [];
  const failed: unknown[] = [];
  const total = 22;
  for (let offset = 1; offset <= total; offset += 1) {
    old.append(record(offset, text)).then(
      () => durable.push(offset),
      (error: unknown) => failed.push(error),
    );
    await pause(1);
  }
  await eventually('the log says that it is full', () => !log.health.ok, 10_000);
  t.match(log.health.reason, /full/);
  const before = durable.length;
  t.ok(before > 3 && before < total, `${before} of ${total}`);
  t.equal((await log.read(old.run, 0, 100)).length, before, 'reading goes on');
  t.equal(faultOf(await log.claim(start('new')).catch((error: unknown) => error)), 'unavailable');
  const room = new DatabaseSync(join(folder, LOG_FILE));
  room.exec(`DELETE FROM record`);
  room.close();
  await eventually('what waited is durable', () => durable.length === total, 15_000);
  t.strictSame(failed, []);
  t.strictSame(
    log.changes.map(({ ok }) => ok),
    [false, true],
  );
  await log.claim(start('new'));
});

void t.test('a slow disk: the log says so, nothing is lost, and it says when that is over', async (t) => {
  const folder = await newFolder(t);
  const log = await opened(t, folder);
  const writer = await log.claim(start('talk'));
  const other = new DatabaseSync(join(folder, LOG_FILE));
  other.exec('BEGIN IMMEDIATE');
  let isDurable = false;
  const appended = writer.append(record(1)).then(() => (isDurable = true));
  await eventually('the log says that it is slow', () => !log.health.ok, 10_000);
  t.match(log.changes, [{ ok: false, reason: /takes over 1000 ms/ }], 'before the write has failed');
  t.equal(isDurable, false);
  other.exec('COMMIT');
  other.close();
  await appended;
  t.equal(log.health.ok, true);
  t.strictSame(await log.read(writer.run, 0, 10), [record(1)]);
});

void t.test(
  'leases: no word from a slow disk, and tokens that grow over restarts and from the log of before',
  async (t) => {
    const folder = await newFolder(t);
    const old = new DatabaseSync(join(folder, LOG_FILE));
    old.exec(`
    CREATE TABLE run (epoch INTEGER PRIMARY KEY, slug TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT,
      transcriber TEXT NOT NULL, last_offset INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE record (epoch INTEGER NOT NULL, offset INTEGER NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (epoch, offset)) STRICT, WITHOUT ROWID;
    CREATE TABLE newest (epoch INTEGER NOT NULL) STRICT;
    INSERT INTO newest VALUES (7);
    PRAGMA user_version = 1;`);
    old.close();
    const first = await opened(t, folder);
    t.equal((await first.lease('talk', 60_000))?.token, 1);
    t.equal((await first.lease('other', 60_000))?.token, 2);
    await first.close();
    const second = await opened(t, folder);
    t.equal((await second.lease('talk', 60_000))?.token, 3);
    const other = new DatabaseSync(join(folder, LOG_FILE));
    other.exec('BEGIN IMMEDIATE');
    const asked = second.lease('slow', 60_000).catch(faultOf);
    await eventually('the log says that it is slow', () => !second.health.ok, 10_000);
    t.equal(await second.lease('slow', 60_000).catch(faultOf), 'unavailable', 'refused at once while that is so');
    t.equal(await asked, 'unavailable', 'and so is what waited when the write has failed');
    other.exec('COMMIT');
    other.close();
    await eventually('the disk is back', () => second.health.ok, 10_000);
    t.ok((await second.lease('slow', 60_000)) !== undefined);
  },
);

void t.test('more than may wait for the disk is refused at once, and what waits is not lost', async (t) => {
  const folder = await newFolder(t);
  const log = await opened(t, folder);
  const writer = await log.claim(start('talk'));
  const other = new DatabaseSync(join(folder, LOG_FILE));
  other.exec('BEGIN IMMEDIATE');
  const text = 'x'.repeat(8_000_000);
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      Promise.race([
        writer.append(record(index + 1, text)).then(() => 'durable', faultOf),
        pause(500).then(() => 'waits'),
      ]),
    ),
  );
  t.strictSame(outcomes, [...Array.from({ length: 8 }, () => 'waits'), 'full', 'full']);
  other.exec('COMMIT');
  other.close();
  await eventually('what waited is durable', () => log.health.ok, 15_000);
  await writer.append(record(9));
  t.equal((await log.read(writer.run, 0, 100)).length, 9);
});

void t.test('a second process is refused while the first has the log, and gets it afterwards', async (t) => {
  const folder = await newFolder(t);
  const log = await opened(t, folder);
  const program = `
    const { SqliteLog } = await import(${JSON.stringify(new URL('../../../actors/log/sqlite.ts', import.meta.url).href)});
    await SqliteLog.open({ folder: ${JSON.stringify(folder)}, nowMs: Date.now }).then(
      async (log) => { console.log('opened'); await log.close(); },
      (error) => console.log(error.fault, error.message),
    );`;
  const another = async (): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    return stdout.trim();
  };
  t.match(await another(), /^busy Another process has the session log in /);
  await log.close();
  t.equal(await another(), 'opened');
});

void t.test('runs that a process has left are found by the next, with all that was durable', async (t) => {
  const folder = await newFolder(t);
  const first = await opened(t, folder);
  const left = await first.claim(start('left'));
  await left.append(record(1));
  const over = await first.claim(start('over'));
  await over.end('2026-01-01T01:00:00.000Z');
  await first.close();
  const second = await opened(t, folder);
  const unfinished = await second.unfinished();
  t.match(
    unfinished.map(({ run }) => run),
    [{ slug: 'left', epoch: left.run.epoch, lastOffset: 1 }],
  );
  await unfinished[0]?.writer.append(record(2));
  await unfinished[0]?.writer.end('2026-01-01T02:00:00.000Z');
  t.strictSame(await second.read(left.run, 0, 10), [record(1), record(2)]);
  t.strictSame(await second.unfinished(), []);
  const next = await second.claim(start('left'));
  t.ok(next.run.epoch > over.run.epoch);
});

void t.test(
  'a folder that cannot be made, a file that is no database, a log of a later version: each is said',
  async (t) => {
    const folder = await newFolder(t);
    await writeFile(join(folder, 'file'), '');
    const refusal = (place: string): Promise<unknown> =>
      SqliteLog.open({ folder: place, nowMs: Date.now }).catch((error: unknown) => error);
    t.match(await refusal(join(folder, 'file')), { fault: 'unavailable', message: /cannot be opened/ });
    const broken = join(folder, 'broken');
    const made = await SqliteLog.open({ folder: broken, nowMs: Date.now });
    await made.close();
    await writeFile(join(broken, LOG_FILE), 'no database '.repeat(1_000));
    t.match(await refusal(broken), { fault: 'unavailable', message: /not a database/ });
    const newer = join(folder, 'newer');
    const later = await SqliteLog.open({ folder: newer, nowMs: Date.now });
    await later.close();
    const database = new DatabaseSync(join(newer, LOG_FILE));
    database.exec('PRAGMA user_version = 99');
    database.close();
    t.match(await refusal(newer), { fault: 'unavailable', message: /newer captiond/ });
  },
);
