/** `captiond export`, beside a log that is being written. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import type { RunWriter } from '../../actors/log/port.ts';
import { SqliteLog } from '../../actors/log/sqlite.ts';
import { exportLog } from '../../runtime/export.ts';

const folder = await mkdtemp(join(tmpdir(), 'captiond-export-'));
const data = join(folder, 'data');
const program = fileURLToPath(new URL('../../runtime/main.ts', import.meta.url));
const log = await SqliteLog.open({ folder: data, nowMs: () => 1_000 });
t.teardown(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

async function written(slug: string, records: number): Promise<RunWriter> {
  const writer = await log.claim({ slug, startedAt: '2026-01-01T00:00:00.000Z', transcriber: 'local' });
  const bodies = Array.from({ length: records }, (_, index) => ({ type: 'transcript_final', offset: index + 1 }));
  await Promise.all(bodies.map((body) => writer.append({ offset: body.offset, body: JSON.stringify(body) })));
  return writer;
}
const over = await written('over', 2_500);
await over.end('2026-01-01T01:00:00.000Z');
const going = await written('going', 3);

/** What the command writes, and how it ends. */
async function exported(...args: string[]) {
  const out = new PassThrough();
  const complaints: string[] = [];
  const [exitCode, lines] = await Promise.all([
    exportLog(args, { DATA_DIR: data }, { out, complain: (line) => void complaints.push(line) }).finally(() =>
      out.end(),
    ),
    text(out),
  ]);
  const parsed = lines.split('\n').filter((line) => line !== '');
  return { exitCode, complaints, lines: parsed.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

void t.test('all runs with all their records come as lines, also of a run that goes on', async (t) => {
  const { exitCode, complaints, lines } = await exported();
  t.strictSame([exitCode, complaints], [0, []]);
  t.equal(lines.length, 2_500 + 3 + 2);
  const { slug, epoch } = going.run;
  t.match(lines[0], { slug: 'over', type: 'run', endedAt: '2026-01-01T01:00:00.000Z', lastOffset: 2_500 });
  t.strictSame(
    lines.slice(1, 2_501).map(({ offset }) => offset),
    Array.from({ length: 2_500 }, (_, index) => index + 1),
  );
  t.match(lines[2_501], { slug, epoch, type: 'run', lastOffset: 3, transcriber: 'local' });
  t.notOk('endedAt' in (lines[2_501] ?? {}));
  t.strictSame(lines.at(-1), { slug, epoch, type: 'transcript_final', offset: 3 });
});

void t.test('with --session only the runs of that name come', async (t) => {
  const { lines } = await exported('--session', 'going');
  t.strictSame(
    lines.map(({ slug, type }) => `${String(slug)} ${String(type)}`),
    ['going run', ...Array.from({ length: 3 }, () => 'going transcript_final')],
  );
  t.strictSame(await exported('--session', 'nobody'), { exitCode: 0, complaints: [], lines: [] });
});

void t.test('a backup is a log of its own, whole while the other is written on', async (t) => {
  const copy = join(folder, 'copy');
  await mkdir(copy);
  const file = join(copy, 'sessions.db');
  t.equal((await exported('--backup', file)).exitCode, 0);
  const opened = await SqliteLog.open({ folder: copy, nowMs: () => 1_000 });
  t.teardown(() => opened.close());
  t.equal((await opened.read(over.run, 0, 10_000)).length, 2_500);
  t.strictSame(await opened.read(going.run, 0, 10), await log.read(going.run, 0, 10));
  await going.append({ offset: 4, body: '{"type":"transcript_final","offset":4}' });
  t.equal((await opened.read(going.run, 0, 10)).length, 3, 'what came later is not in it');
  const again = await exported('--backup', file);
  t.equal(again.exitCode, 1);
  t.match(again.complaints, [/sessions\.db is there already/]);
});

void t.test('what makes no sense is refused with what was expected', async (t) => {
  for (const [args, complaint] of [
    [['--session', 'No Name'], /"No Name" is not a session's name/],
    [['--session', 'a', '--backup', 'b'], /not both/],
    [['--everything'], /Unknown option '--everything'/],
    [['more'], /Unexpected argument 'more'/],
    [['--backup', ''], /FILE is empty/],
  ] as const) {
    const { exitCode, complaints, lines } = await exported(...args);
    t.strictSame([exitCode, lines], [2, []]);
    t.match(complaints, [complaint]);
    t.match(complaints, [/^captiond export: expected \[--session SLUG\] or --backup FILE[;,] /]);
  }
});

void t.test('a folder without a log, and a file that is none, are said', async (t) => {
  const complaints: string[] = [];
  const run = (dataDir: string): Promise<number> =>
    exportLog([], { DATA_DIR: dataDir }, { out: new PassThrough(), complain: (line) => void complaints.push(line) });
  t.equal(await run(folder), 1);
  const broken = join(folder, 'broken');
  await mkdir(broken);
  await writeFile(join(broken, 'sessions.db'), 'no database '.repeat(100));
  t.equal(await run(broken), 1);
  t.match(complaints, [/^captiond export: There is no session log in .*; set DATA_DIR/, /not a database/]);
});

void t.test('the program writes to its standard output, and a reader that has enough is no failure', async (t) => {
  const env = { ...process.env, DATA_DIR: data };
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'export', '--session', 'going'], { env });
  t.equal(stdout.trim().split('\n').length, 5);
  const child = spawn(process.execPath, [program, 'export'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.once('data', () => child.stdout.destroy());
  const [[code], complaints] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  t.strictSame([code, complaints], [0, '']);
});
