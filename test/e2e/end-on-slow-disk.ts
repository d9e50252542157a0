/** The disk hangs at the very moment at which a session ends: nobody is left without its last records. */
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { once } from 'node:events';
import t from 'tap';
import { LOG_FILE } from '../../actors/log/sqlite-store.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { collect } from '../support/transcript-collector.ts';

void t.test(
  'the end of a run is told to viewers, also to those who come while it is on its way to the disk',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'captiond-end-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    await using server = await startDeliveryServer({ DATA_DIR: folder });
    const session = await server.start('talk');
    const url = `ws://${server.host}/sessions/talk/live`;
    using early = collect(`${url}?after=0`);
    await early.find(({ type }) => type === 'session');
    const disk = new DatabaseSync(join(folder, LOG_FILE));
    disk.exec('BEGIN IMMEDIATE');
    const last = session.channel.recordedOffset + 1;
    const stopped = session.stop('stopped');
    while (session.channel.recordedOffset < last) await new Promise((resolve) => setImmediate(resolve));
    t.equal(session.channel.offset, 0, 'the end is recorded and not durable');
    using late = collect(`${url}?after=${session.epoch}:0`);
    const request = get(`http://${server.host}/sessions/talk/events`, {
      headers: { 'last-event-id': `${session.epoch}:0` },
    });
    const [stream] = (await once(request, 'response')) as [IncomingMessage];
    t.equal(stream.statusCode, 200, 'no 204: there is more to come');
    let events = '';
    for await (const chunk of stream) events += String(chunk);
    t.match(events, /event: session_end/);
    for (const viewer of [early, late]) {
      t.equal(await viewer.closed, 1000);
      t.match(viewer.messages.at(-1), { type: 'session_end', offset: last });
    }
    await stopped;
    disk.exec('COMMIT');
    disk.close();
  },
);
