import t from 'tap';
import { startServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { publishPaced } from '../bench/paced-publisher.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';
import { clips } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';
import type { CollectedMessage } from '../support/transcript-collector.ts';
import { wordErrorRate } from '../support/wer.ts';

const [clip] = clips;
if (clip === undefined) throw new Error('no clip');
/** From the publish of one that returns to what viewers are told of it. */
const BACK_MS = 1_000;
const isLive = ({ type, state }: CollectedMessage): boolean => type === 'session_state' && state === 'live';
const tags = aacTags(clip.path, '-ar', '48000');

void t.test('a publisher that vanishes and returns within the grace time goes on in the same session', async (t) => {
  await using server = await startServer({ PUBLISHER_GRACE_MS: '20000' });
  using viewer = collect(server.watchUrl('away', '?after=0'));
  const vanishing = await publishRtmp({ port: server.addresses.rtmp.port, name: 'away' });
  for (const tag of tags.slice(0, 20)) vanishing.sendAudio(tag.body, tag.timestampMs);
  await viewer.find(({ type }) => type === 'session');
  vanishing.abort();
  await viewer.find(({ type, state }) => type === 'session_state' && state === 'publisher_lost');
  const epoch = server.server.registry.live('away')?.epoch;
  const returnedAtMs = performance.now();
  const back = await publishPaced(server.addresses.rtmp.port, 'away', tags);
  const again = await viewer.find((message) => message.atMs >= returnedAtMs && isLive(message));
  t.ok(again.atMs - returnedAtMs < BACK_MS, `viewers heard so ${Math.round(again.atMs - returnedAtMs)} ms after it`);
  const states = viewer.messages.flatMap(({ type, state }) => (type === 'session_state' ? [state] : []));
  t.strictSame(states.slice(-2), ['publisher_lost', 'live']);
  t.equal(server.server.registry.live('away')?.epoch, epoch);
  await back.done;
  t.equal(await viewer.closed, 1000);
  t.ok(wordErrorRate(clip.text, viewer.text()) <= 0.15, viewer.text());
  t.equal(viewer.messages.at(-1)?.reason, 'publisher_ended');
});

void t.test('a publisher that does not return ends its session after the grace time', async (t) => {
  await using server = await startServer({ PUBLISHER_GRACE_MS: '200' });
  using viewer = collect(server.watchUrl('gone', '?after=0'));
  const vanishing = await publishRtmp({ port: server.addresses.rtmp.port, name: 'gone' });
  for (const tag of tags.slice(0, 20)) vanishing.sendAudio(tag.body, tag.timestampMs);
  await viewer.find(({ type }) => type === 'session');
  vanishing.abort();
  t.equal(await viewer.closed, 1000);
  t.match(viewer.messages.at(-1), { type: 'session_end', reason: 'publisher_timeout' });
});

void t.test('a new publish after the end is a new epoch', async (t) => {
  await using server = await startServer();
  const epochs: (number | undefined)[] = [];
  for (let run = 0; run < 2; run += 1) {
    using viewer = collect(server.watchUrl('again', '?after=0'));
    const publisher = await publishRtmp({ port: server.addresses.rtmp.port, name: 'again' });
    const session = server.server.registry.live('again');
    for (const tag of tags.slice(0, 20)) publisher.sendAudio(tag.body, tag.timestampMs);
    await publisher.close();
    await session?.closed;
    epochs.push(session?.epoch);
    await viewer.closed;
  }
  t.ok((epochs[1] ?? 0) > (epochs[0] ?? 0));
});
