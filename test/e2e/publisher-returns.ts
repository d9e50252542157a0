/**
 * A publisher whose network breaks again and again: one session, one epoch, viewers that stay.
 *
 * `RETURNS` says how often (200 for a release; the usual run is shorter).
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { clips } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

const RETURNS = Number(process.env['RETURNS'] ?? 25);
/** Tags of one stay: less than a second of audio. */
const TAGS_MAX = 40;
const AWAY_MAX_MS = 60;

t.setTimeout(RETURNS * 5_000 + 60_000);

const tags = aacTags(clips[0]?.path ?? '', '-ar', '48000');
const random = seededRandom(12);

/** Publishes for a moment, from timestamp 0 as a new connection does. */
async function stay({ addresses: { rtmp } }: TestServer) {
  const publisher = await publishRtmp({ port: rtmp.port, name: 'talk' });
  const [header, ...audio] = tags;
  if (header === undefined) throw new Error('the clip is empty');
  publisher.sendAudio(header.body, 0);
  const from = Math.floor(random() * (audio.length - TAGS_MAX));
  const first = audio[from]?.timestampMs ?? 0;
  for (const { body, timestampMs } of audio.slice(from, from + Math.ceil(random() * TAGS_MAX))) {
    publisher.sendAudio(body, timestampMs - first);
  }
  return publisher;
}

void t.test(`after ${RETURNS} returns it is the same session, and all audio is accounted for`, async (t) => {
  await using server = await startServer({ PUBLISHER_GRACE_MS: '20000' });
  using viewer = collect(server.watchUrl('talk', '?after=0'));
  const first = await stay(server);
  const session = server.server.registry.live('talk');
  if (session === undefined) throw new Error('there is no session');
  await viewer.find(({ type }) => type === 'session');
  first.abort();
  for (let returned = 0; returned < RETURNS; returned += 1) {
    await pause(random() * AWAY_MAX_MS);
    const publisher = await stay(server);
    t.equal(server.server.registry.live('talk'), session);
    await pause(random() * AWAY_MAX_MS);
    // In half of the cases the old connection is still there when the next one comes.
    if (returned === RETURNS - 1) await publisher.close();
    else if (random() < 0.5) publisher.abort();
  }
  t.equal(await viewer.closed, 1000);
  t.equal(viewer.messages.filter(({ type }) => type === 'session').length, 1, 'the viewer was never cut');
  const end = viewer.messages.at(-1);
  t.match(end, { type: 'session_end', reason: 'publisher_ended' });
  const { receivedMs = 0, transcribedMs = 0, gapMs = -1 } = end?.ledger ?? {};
  t.equal(receivedMs, transcribedMs + gapMs);
  t.ok(receivedMs > RETURNS * 100, `${receivedMs} ms of audio`);
  const offsets = viewer.messages.flatMap(({ type, offset }) =>
    type === 'session' || offset === undefined ? [] : [offset],
  );
  t.strictSame(
    offsets,
    Array.from({ length: offsets.length }, (_, index) => index + 1),
  );
  await session.closed;
  t.equal(session.leftovers, 0);
  t.equal(server.server.registry.leftovers, 0);
});
