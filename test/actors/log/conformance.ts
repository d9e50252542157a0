/** The contract of the session log, run unchanged against each adapter. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { MemoryLog } from '../../../actors/log/memory.ts';
import { LogError } from '../../../actors/log/port.ts';
import type { SessionLog } from '../../../actors/log/port.ts';
import { SqliteLog } from '../../../actors/log/sqlite.ts';

interface Adapter {
  name: string;
  /** A new, empty log whose wall clock stands still; disposing it removes it. */
  open(): Promise<{ log: SessionLog } & AsyncDisposable>;
}

const NOW_MS = 5_000;

const adapters: Adapter[] = [
  {
    name: 'memory',
    open: () => Promise.resolve({ log: new MemoryLog(() => NOW_MS), [Symbol.asyncDispose]: () => Promise.resolve() }),
  },
  {
    name: 'SQLite',
    open: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'captiond-log-'));
      const log = await SqliteLog.open({ folder, nowMs: () => NOW_MS });
      const remove = async (): Promise<void> => {
        await log.close();
        await rm(folder, { recursive: true });
      };
      return { log, [Symbol.asyncDispose]: remove };
    },
  },
];

const start = (slug: string) => ({ slug, startedAt: '2026-01-01T00:00:00.000Z', transcriber: 'local' });
const record = (offset: number, text = `record ${offset}`) => ({ offset, body: JSON.stringify({ text }) });
const faultOf = (error: unknown): string => (error instanceof LogError ? error.fault : String(error));

for (const adapter of adapters) {
  const { name } = adapter;
  void t.test(`${name}: records are read as they were appended, from every offset`, async (t) => {
    await using opened = await adapter.open();
    const writer = await opened.log.claim(start('talk'));
    const records = Array.from({ length: 20 }, (_, index) => record(index + 1));
    await Promise.all(records.map((each) => writer.append(each)));
    for (let after = 0; after <= 21; after += 1) {
      t.strictSame(await opened.log.read(writer.run, after, 100), records.slice(after), `after ${after}`);
    }
    t.strictSame(await opened.log.read(writer.run, 3, 2), records.slice(3, 5), 'no more than was asked for');
  });

  void t.test(`${name}: calls in one turn become durable in their order`, async (t) => {
    await using opened = await adapter.open();
    const writers = [await opened.log.claim(start('a')), await opened.log.claim(start('b'))];
    const order: string[] = [];
    const appended = Array.from({ length: 10 }, (_, index) =>
      writers.map((writer) =>
        writer.append(record(index + 1)).then(() => order.push(`${writer.run.slug}${index + 1}`)),
      ),
    );
    await Promise.all(appended.flat());
    t.strictSame(order, Array.from({ length: 10 }, (_, index) => [`a${index + 1}`, `b${index + 1}`]).flat());
  });

  void t.test(`${name}: a record that is repeated is there once, another in its place is refused`, async (t) => {
    await using opened = await adapter.open();
    const writer = await opened.log.claim(start('talk'));
    await writer.append(record(1));
    await writer.append(record(1));
    await writer.append(record(2));
    await writer.append(record(1));
    for (const strange of [record(1, 'other'), record(4), record(0)]) {
      t.equal(faultOf(await writer.append(strange).catch((error: unknown) => error)), 'out_of_order');
    }
    await writer.append(record(3));
    t.strictSame(await opened.log.read(writer.run, 0, 10), [record(1), record(2), record(3)]);
  });

  void t.test(`${name}: a name has one run that goes on; the next has a later epoch and offsets from 1`, async (t) => {
    await using opened = await adapter.open();
    const { log } = opened;
    const first = await log.claim(start('talk'));
    await first.append(record(1, 'first'));
    t.equal(faultOf(await log.claim(start('talk')).catch((error: unknown) => error)), 'busy');
    const ended = first.end('2026-01-01T01:00:00.000Z');
    const second = await log.claim(start('talk'));
    await ended;
    t.ok(second.run.epoch > first.run.epoch, 'even within one millisecond');
    await second.append(record(1, 'second'));
    t.strictSame(await log.read(first.run, 0, 10), [record(1, 'first')]);
    t.strictSame(await log.read(second.run, 0, 10), [record(1, 'second')]);
  });

  void t.test(`${name}: epochs of all names differ and grow`, async (t) => {
    await using opened = await adapter.open();
    const writers = await Promise.all(Array.from({ length: 50 }, (_, index) => opened.log.claim(start(`s${index}`))));
    const epochs = writers.map(({ run }) => run.epoch);
    t.equal(epochs[0], NOW_MS);
    t.strictSame(
      epochs,
      [...new Set(epochs)].toSorted((one, other) => one - other),
    );
  });

  void t.test(`${name}: the runs are told with their newest record and their end`, async (t) => {
    await using opened = await adapter.open();
    const { log } = opened;
    t.strictSame(await log.runs(), []);
    const talk = await log.claim(start('talk'));
    const other = await log.claim(start('other'));
    await talk.append(record(1));
    await talk.append(record(2));
    await talk.end('2026-01-01T01:00:00.000Z');
    await talk.end('2026-01-01T02:00:00.000Z');
    t.strictSame(await log.runs(), [
      { ...talk.run, endedAt: '2026-01-01T01:00:00.000Z', lastOffset: 2, lastBody: record(2).body },
      { ...other.run, lastOffset: 0 },
    ]);
  });

  void t.test(`${name}: what ended before a time is forgotten, all of it and nothing else`, async (t) => {
    await using opened = await adapter.open();
    const { log } = opened;
    const [old, young, going] = [await log.claim(start('a')), await log.claim(start('b')), await log.claim(start('c'))];
    for (const writer of [old, young, going]) {
      await Promise.all(Array.from({ length: 4_100 }, (_, index) => writer.append(record(index + 1))));
    }
    await old.end('2026-01-01T01:00:00.000Z');
    await young.end('2026-01-01T02:00:00.000Z');
    t.equal(await log.forget('2026-01-01T01:30:00.000Z'), 1);
    t.strictSame(
      (await log.runs()).map(({ slug }) => slug),
      ['b', 'c'],
    );
    t.strictSame(await log.read(old.run, 0, 10), []);
    t.equal((await log.read(young.run, 0, 10_000)).length, 4_100);
    t.equal((await log.read(going.run, 0, 10_000)).length, 4_100);
  });

  void t.test(`${name}: text of every kind and size comes back as it was`, async (t) => {
    await using opened = await adapter.open();
    const slug = `a${'-'.repeat(62)}z`;
    const writer = await opened.log.claim(start(slug));
    const bodies = ['', '\u0000', 'ça « là » 日本 👩‍👩‍👧', "'; DROP TABLE record; --", 'x'.repeat(65_536)];
    const records = bodies.map((text, index) => record(index + 1, text));
    for (const each of records) await writer.append(each);
    t.strictSame(await opened.log.read({ slug, epoch: writer.run.epoch }, 0, 10), records);
    t.strictSame(await opened.log.read({ slug: 'other', epoch: writer.run.epoch }, 0, 10), []);
    t.strictSame(await opened.log.read({ slug, epoch: 1 }, 0, 10), []);
  });

  void t.test(
    `${name}: of forty who want a lease one gets it; it is given back to the next, with a larger token`,
    async (t) => {
      await using opened = await adapter.open();
      const { log } = opened;
      let newest = 0;
      for (let round = 0; round < 3; round += 1) {
        const asked = await Promise.all(Array.from({ length: 40 }, () => log.lease('talk', 60_000)));
        const [lease, ...others] = asked.filter((each) => each !== undefined);
        t.strictSame(others, []);
        t.ok((lease?.token ?? 0) > newest, `${lease?.token} after ${newest}`);
        newest = lease?.token ?? 0;
        t.equal(await log.lease('talk', 60_000), undefined, 'while somebody has it nobody else gets it');
        t.equal(lease?.signal.aborted, false);
        await lease?.dispose();
        await lease?.dispose();
        t.equal(lease?.signal.aborted, true);
      }
      const [one, other] = [await log.lease('one', 60_000), await log.lease('other', 60_000)];
      t.ok(one !== undefined && other !== undefined, 'keys do not hinder each other');
    },
  );

  void t.test(`${name}: a lease is kept up by itself, and over for the next before that one has it`, async (t) => {
    await using opened = await adapter.open();
    const { log } = opened;
    const TTL_MS = 300;
    const lease = await log.lease('talk', TTL_MS);
    await pause(2 * TTL_MS);
    t.equal(await log.lease('talk', TTL_MS), undefined, 'twice its time later it is still held');
    const untilMs = performance.now() + 2 * TTL_MS;
    while (performance.now() < untilMs);
    const asked = log.lease('talk', TTL_MS);
    t.equal(lease?.signal.aborted, true, 'the process stood still for longer than its time');
    const next = await asked;
    t.ok((next?.token ?? 0) > (lease?.token ?? 0));
    await lease?.dispose();
    t.equal(next?.signal.aborted, false, 'who has lost it cannot give it back');
  });

  void t.test(`${name}: a log that closes ends its leases`, async (t) => {
    await using opened = await adapter.open();
    const lease = await opened.log.lease('talk', 60_000);
    const ended = once(lease?.signal ?? new EventTarget(), 'abort');
    await opened.log.close();
    await ended;
    t.equal(faultOf(await opened.log.lease('talk', 60_000).catch((error: unknown) => error)), 'unavailable');
  });

  void t.test(
    `${name}: a log that is healthy says so, closes twice, and has nothing unfinished of its own making`,
    async (t) => {
      await using opened = await adapter.open();
      t.strictSame(opened.log.health, { ok: true });
      const stop = opened.log.onHealth(() => t.fail('nothing has changed'));
      const writer = await opened.log.claim(start('talk'));
      await writer.append(record(1));
      stop();
      await opened.log.close();
      await opened.log.close();
    },
  );
}
