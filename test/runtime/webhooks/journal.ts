/** The journal of deliveries: what it knows after it was closed, cut, broken and left alone for long. */
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { DeliveryJournal } from '../../../runtime/webhooks/journal.ts';

async function rig(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-journal-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'webhooks.jsonl');
  const faults: unknown[] = [];
  const open = (newestEpoch = 0) =>
    DeliveryJournal.open({ path, newestEpoch, onFault: (error) => void faults.push(error) });
  return { path, folder, faults, open };
}

void t.test('a new journal leaves alone what was there before it', async (t) => {
  const { open } = await rig(t);
  const journal = await open(100);
  t.equal(journal.positionOf(99), undefined);
  t.equal(journal.positionOf(100), undefined);
  t.equal(journal.positionOf(101), -1);
});

void t.test('it knows after a restart what it knew, also behind a line that was cut', async (t) => {
  const { open, path } = await rig(t);
  const first = await open(100);
  first.begin(101);
  first.begin(102);
  first.advance(102, 7);
  first.begin(103);
  first.complete(103);
  await first.close();
  await appendFile(path, '{"epoch":102,"at":9');
  const second = await open(1_000);
  t.strictSame(
    [100, 101, 102, 103, 104].map((epoch) => second.positionOf(epoch)),
    [undefined, -1, 7, undefined, -1],
  );
});

void t.test('a run whose line was never written is delivered from its start', async (t) => {
  const { open } = await rig(t);
  const first = await open(100);
  first.begin(101);
  first.complete(101);
  await first.close();
  const second = await open();
  t.strictSame([second.positionOf(101), second.positionOf(102)], [undefined, -1]);
});

void t.test('lines that make no sense are skipped', async (t) => {
  const { open, path } = await rig(t);
  await writeFile(path, '{"floor":5}\nnull\n[]\n"x"\n{"epoch":"7","at":1}\n{"epoch":9,"at":-9}\n{"epoch":6,"at":3}\n');
  const journal = await open();
  t.strictSame(
    [5, 6, 7, 9].map((epoch) => journal.positionOf(epoch)),
    [undefined, 3, -1, -1],
  );
});

void t.test('it stays small however much is delivered', async (t) => {
  const { open, path } = await rig(t);
  const journal = await open();
  for (let epoch = 1; epoch <= 60; epoch += 1) {
    journal.begin(epoch);
    for (let offset = 0; offset < 2_000; offset += 1) journal.advance(epoch, offset);
    if (epoch < 60) journal.complete(epoch);
    await journal.close();
  }
  t.ok((await stat(path)).size < 2_200_000);
  const again = await open();
  t.strictSame([again.positionOf(59), again.positionOf(60)], [undefined, 1_999]);
  t.equal((await readFile(path, 'utf8')).split('\n').length, 3, 'a floor and a position');
});

void t.test('what could not be written is said, and written the next time', async (t) => {
  const { open, path, folder, faults } = await rig(t);
  const journal = await open();
  await rm(folder, { recursive: true });
  journal.advance(1, 1);
  journal.advance(2, 2);
  await journal.close();
  t.ok(faults.length > 0);
  const { mkdir } = await import('node:fs/promises');
  await mkdir(folder);
  journal.advance(3, 3);
  await journal.close();
  const again = await open();
  t.strictSame(
    [1, 2, 3].map((epoch) => again.positionOf(epoch)),
    [1, 2, 3],
  );
  t.match(await readFile(path, 'utf8'), '"floor"');
});
