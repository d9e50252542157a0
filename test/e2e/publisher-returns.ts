/**
 * A publisher whose network breaks again and again: one session, one epoch, viewers that stay, and every word in its place.
 *
 * `RETURNS` says how often (200 for a release; the usual run is shorter). The truth about a word's place is that of
 * `support/live-talk.ts`; its sound goes through real RTMP, real ffmpeg and the simulated Gladia.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import { LiveTalk } from '../support/live-talk.ts';
import type { Stay } from '../support/live-talk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { collect } from '../support/transcript-collector.ts';
import type { Collector } from '../support/transcript-collector.ts';

const RETURNS = Number(process.env['RETURNS'] ?? 25);
const STAY_MIN_MS = 400;
const STAY_MAX_MS = 1_300;
const AWAY_MAX_MS = 150;
/** Every so manieth absence is long: a declared gap, the others are silence. */
const LONG_EVERY = 20;
const LONG_MS = 6_000;
/** How far from its place a word may be told at the end, when errors of all returns would have added up. */
const OFF_MAX_MS = 100;
/** Before: a machine that is busy at a return moves the one stay that it begins. */
const OFF_BUSY_MAX_MS = 250;

t.setTimeout(RETURNS * 5_000 + 120_000);

const random = seededRandom(12);

/** Every word that was heard whole is where it was said. */
function inPlace(t: Test, talk: LiveTalk, viewer: Collector): void {
  const heard = viewer.messages.flatMap(({ type, words = [] }) => (type === 'transcript_final' ? words : []));
  const offs = heard.flatMap(({ text, startMs }) => talk.off(text.trim(), startMs) ?? []);
  t.ok(offs.length > RETURNS / 2, `${offs.length} of ${heard.length} words were heard whole`);
  const worst = Math.max(...offs.map(Math.abs));
  t.ok(worst <= OFF_BUSY_MAX_MS, `words are told up to ${Math.round(worst)} ms from their places`);
  const last = offs.slice(-5).map(Math.round);
  t.ok(
    last.every((off) => Math.abs(off) <= OFF_MAX_MS),
    `the last are ${last.join()} ms from their places`,
  );
}

/** One session for the viewer, every record once, and an account that adds up. */
function isWhole(t: Test, { messages }: Collector): void {
  t.equal(messages.filter(({ type }) => type === 'session').length, 1, 'the viewer was never cut');
  const end = messages.at(-1);
  t.match(end, { type: 'session_end', reason: 'publisher_ended' });
  const { receivedMs = 0, transcribedMs = 0, gapMs = -1 } = end?.ledger ?? {};
  t.equal(receivedMs, transcribedMs + gapMs);
  const gaps = messages.filter(({ type }) => type === 'gap');
  t.equal(gaps.length, Math.floor((RETURNS + LONG_EVERY / 2 - 1) / LONG_EVERY), 'long absences are declared');
  const offsets = messages.flatMap(({ type, offset }) => (type === 'session' || offset === undefined ? [] : [offset]));
  t.strictSame(
    offsets,
    Array.from({ length: offsets.length }, (_, index) => index + 1),
  );
}

/** Goes away and comes back; the first of `stay` is over. */
async function comeBack(talk: LiveTalk, port: number, stay: Stay, isLong: boolean): Promise<Stay> {
  await pause(STAY_MIN_MS + random() * (STAY_MAX_MS - STAY_MIN_MS));
  stay.stop();
  // In half of the cases the old connection is still there when the next one comes.
  if (isLong || random() < 0.5) stay.publisher.abort();
  await pause(isLong ? LONG_MS : random() * AWAY_MAX_MS);
  return talk.publish(port, 'talk');
}

void t.test(
  `after ${RETURNS} returns it is the same session, audio is accounted for, words are in place`,
  async (t) => {
    await using gladia = await startGladia();
    const engine = { GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none' };
    await using server = await startServer({ ...engine, PUBLISHER_GRACE_MS: '20000' });
    const { port } = server.addresses.rtmp;
    const talk = await LiveTalk.create(t.testdir(), RETURNS * 1_800 + 30_000);
    using viewer = collect(server.watchUrl('talk', '?after=0'));
    let stay = await talk.publish(port, 'talk');
    const session = server.server.registry.live('talk');
    if (session === undefined) throw new Error('there is no session');
    await viewer.find(({ type }) => type === 'session');
    for (let returned = 0; returned < RETURNS; returned += 1) {
      stay = await comeBack(talk, port, stay, returned % LONG_EVERY === LONG_EVERY / 2);
      if (server.server.registry.live('talk') !== session) t.fail(`another session at return ${returned}`);
    }
    await pause(2 * STAY_MAX_MS);
    stay.stop();
    await stay.publisher.close();
    t.equal(await viewer.closed, 1000);
    t.equal(session.publisher.returns, RETURNS);
    t.equal(gladia.count('post'), 1, 'one session of the engine');
    isWhole(t, viewer);
    inPlace(t, talk, viewer);
    await session.closed;
    t.equal(session.leftovers, 0);
    t.equal(server.server.registry.leftovers, 0);
  },
);
