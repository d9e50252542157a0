/** The session log fails in the middle of a session: captions go on, and everybody is told what they are worth. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { LOG_FILE } from '../../actors/log/sqlite-store.ts';
import { TAIL_RECORDS } from '../../actors/viewers/records.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/processes.ts';
import { finalsOf, view } from '../support/viewer-sockets.ts';
import type { Told } from '../support/viewer-sockets.ts';

const said = (number: number) => {
  const identity = { engineSession: 'e', utterance: `u${number}`, channel: 0, language: 'en' };
  return { ...identity, startMs: number, endMs: number + 1, text: `final ${number}` };
};
const isFinal =
  (number: number) =>
  ({ text }: Told): boolean =>
    text === `final ${number}`;

void t.test('a disk that hangs holds nobody up for long; what was said meanwhile is durable afterwards', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-trouble-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder });
  const { channel, epoch } = await server.start('talk');
  const viewer = await view(server.host);
  channel.sink.final(said(1));
  await viewer.hears(isFinal(1));
  const disk = new DatabaseSync(join(folder, LOG_FILE));
  disk.exec('BEGIN IMMEDIATE');
  channel.sink.final(said(2));
  await viewer.hears(({ type, durable }) => type === 'session_state' && durable === false);
  await viewer.hears(isFinal(2));
  const late = await view(server.host, { query: '?after=0' });
  t.match(late.told[0], { type: 'session', durable: false, offset: 2 });
  channel.sink.final(said(3));
  await viewer.hears(isFinal(3));
  t.equal(viewer.told.filter(({ durable }) => durable === false).length, 1, 'told once');
  const lines = server.lines.filter((line) => line.includes('records are shown before they are durable'));
  t.equal(lines.length, 1);
  t.match(lines[0], /takes over 1000 ms/, 'as soon as it is slow, not when a write has failed');
  disk.exec('ROLLBACK');
  disk.close();
  const states = (): Told[] => viewer.told.filter(({ type }) => type === 'session_state');
  await viewer.hears((message) => message === states().at(-1) && !('durable' in message));
  channel.sink.final(said(4));
  await viewer.hears(isFinal(4));
  const copy = new DatabaseSync(join(folder, LOG_FILE), { readOnly: true });
  const rows = copy.prepare('SELECT body FROM record WHERE epoch = ? ORDER BY offset').all(epoch);
  copy.close();
  t.strictSame(
    rows.map(({ body }) => (JSON.parse(String(body)) as Told)['text']),
    ['final 1', 'final 2', 'final 3', 'final 4'],
  );
  viewer.socket.terminate();
  late.socket.terminate();
});

void t.test('a session begins while the disk hangs, and is not kept; the next one is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-trouble-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await using server = await startDeliveryServer({ DATA_DIR: folder });
  const disk = new DatabaseSync(join(folder, LOG_FILE));
  disk.exec('BEGIN IMMEDIATE');
  const session = await server.start('talk');
  t.match(server.lines.join(''), /starts without the session log/);
  const viewer = await view(server.host);
  t.match(viewer.told[0], { type: 'session', durable: false });
  session.channel.sink.final(said(1));
  await viewer.hears(isFinal(1));
  disk.exec('ROLLBACK');
  disk.close();
  await session.stop('stopped');
  await viewer.hears(({ type, offset }) => type === 'session_end' && offset === 2);
  const gone = await fetch(`http://${server.host}/sessions/talk`);
  t.equal(gone.status, 404, 'there is nothing to read of it');
  await eventually('the log is tried again', () => server.lines.length > 0);
  let next = await server.start('talk');
  while (next.isUnlogged) {
    await next.stop('stopped');
    await pause(100);
    next = await server.start('talk');
  }
  next.channel.sink.final(said(1));
  await next.stop('stopped');
  const answer = await fetch(`http://${server.host}/sessions/talk/transcript.txt`);
  t.match(await answer.text(), /final 1/);
});

void t.test('a viewer whose history cannot be read is closed, and has it when it comes back', async (t) => {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  const last = 3 * TAIL_RECORDS;
  for (let number = 1; number <= last; number += 1) session.channel.sink.final(said(number));
  await new Promise((resolve) => setImmediate(resolve));
  const live = await view(server.host);
  session.log.isUnreadable = true;
  const late = await view(server.host, { query: '?after=0' });
  t.strictSame(await late.closed, { code: 1013, reason: 'log_unavailable' });
  session.channel.sink.final(said(last + 1));
  await live.hears(isFinal(last + 1));
  t.pass('whoever needs no history notices nothing');
  session.log.isUnreadable = false;
  const back = await view(server.host, { query: '?after=0' });
  await back.hears(isFinal(last + 1));
  t.equal(finalsOf(back.told).length, last + 1);
  live.socket.terminate();
  back.socket.terminate();
});
