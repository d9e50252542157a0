/** The server's end: what of a session's audio is sent, sent again, given up and acknowledged. */
import t from 'tap';
import { AudioLedger } from '../../../actors/audio/ledger.ts';
import { BACKLOG_MAX_SAMPLES } from '../../../actors/local/client-session.ts';
import { LocalEngineClient } from '../../../actors/local/client.ts';
import type { FromEngine, ToEngine } from '../../../actors/local/protocol.ts';
import type { EngineUtterance, GapCause } from '../../../actors/ports.ts';

const SECOND = 16_000;
type Message<T extends ToEngine['type']> = Extract<ToEngine, { type: T }>;

function rig() {
  const gaps: [startMs: number, endMs: number, cause: GapCause][] = [];
  const source = new AudioLedger({
    chunkMs: 100,
    bufferMs: 60_000,
    onGap: (...gap) => void gaps.push(gap),
  });
  const steps: string[] = [];
  const client = new LocalEngineClient({ onProgress: (step, fraction) => void steps.push(`${step} ${fraction}`) });
  const partials: EngineUtterance[] = [];
  const finals: EngineUtterance[] = [];
  const facts: string[] = [];
  const session = client.open({
    slug: 'talk',
    language: 'en',
    source,
    sink: { partial: (heard) => void partials.push(heard), final: (heard) => void finals.push(heard) },
    onReady: () => void facts.push('ready'),
    onLost: () => void facts.push('lost'),
    onFinished: () => void facts.push('finished'),
    onFailed: (reason) => void facts.push(`failed: ${reason}`),
  });
  /** A new child, and what it is sent. */
  const connect = (): ToEngine[] => {
    const sent: ToEngine[] = [];
    client.connect((message) => void sent.push(message));
    return sent;
  };
  const heard = (message: FromEngine): void => client.heard(message);
  const say = (seconds: number): void => source.append(Buffer.alloc(seconds * SECOND * 2, 1));
  return { gaps, source, steps, client, partials, finals, facts, session, connect, heard, say };
}

const of = <T extends ToEngine['type']>(sent: readonly ToEngine[], type: T): Message<T>[] =>
  sent.filter((message): message is Message<T> => message.type === type);

/** One past the last sample that was sent. */
function sentTo(sent: readonly ToEngine[]): number {
  const last = of(sent, 'audio').at(-1);
  return last === undefined ? 0 : last.startSample + last.pcm.length / 2;
}

const text = { session: 1, utterance: 1, text: 'a bb', startSample: 8_000, endSample: SECOND };

void t.test('audio is sent in its order, at most 5 s ahead of what the child has taken', (t) => {
  const { connect, heard, say } = rig();
  say(8);
  const sent = connect();
  t.equal(sent[0]?.type, 'open');
  t.equal(sentTo(sent), 5 * SECOND);
  t.ok(of(sent, 'audio').every(({ startSample }, index) => startSample === index * 1_600));
  t.equal(of(sent, 'audio').at(-1)?.behindSamples, 3 * SECOND, 'it is told what waits behind');
  heard({ type: 'taken', session: 1, toSample: SECOND });
  t.equal(sentTo(sent), 6 * SECOND);
  t.end();
});

void t.test('what is heard goes to the transcript, and a final acknowledges its audio', (t) => {
  const { connect, heard, say, source, partials, finals } = rig();
  say(2);
  connect();
  heard({ type: 'partial', ...text });
  t.equal(source.ackedSample, 0);
  heard({ type: 'final', ...text });
  t.equal(source.ackedSample, SECOND);
  t.strictSame(partials, finals);
  t.match(finals, [
    {
      engineSession: 'local-1-talk-1',
      utterance: '1',
      channel: 0,
      language: 'en',
      text: 'a bb',
      startMs: 500,
      endMs: 1_000,
      words: [
        { text: 'a', startMs: 500, estimated: true },
        { text: 'bb', endMs: 1_000 },
      ],
    },
  ]);
  heard({ type: 'settled', session: 1, toSample: 1.5 * SECOND });
  t.equal(source.ackedSample, 1.5 * SECOND);
  t.end();
});

void t.test('a new child gets everything that is not acknowledged, in a session of another name', (t) => {
  const { client, connect, heard, say, facts, finals } = rig();
  say(4);
  connect();
  heard({ type: 'final', ...text });
  client.disconnect();
  client.disconnect();
  heard({ type: 'final', ...text, utterance: 2 });
  t.equal(finals.length, 1, 'nothing is heard of a child that is gone');
  const sent = connect();
  t.equal(of(sent, 'audio')[0]?.startSample, SECOND);
  t.equal(sentTo(sent), 4 * SECOND);
  heard({ type: 'final', ...text, startSample: SECOND, endSample: 2 * SECOND });
  t.strictSame(
    finals.map(({ engineSession, utterance }) => `${engineSession}/${utterance}`),
    ['local-1-talk-1/1', 'local-2-talk-1/1'],
  );
  t.strictSame(facts, ['ready', 'lost', 'ready']);
  t.end();
});

void t.test('an engine that does not keep up loses the oldest second beyond 20 s, declared', (t) => {
  const { connect, say, gaps } = rig();
  const sent = connect();
  const before = BACKLOG_MAX_SAMPLES / SECOND + 5;
  for (let second = 0; second < before; second += 1) say(1);
  t.strictSame(gaps, [], 'so much may wait');
  say(1);
  t.strictSame(gaps, [[5_000, 7_000, 'transcriber_lost']]);
  t.equal(sentTo(sent), 5 * SECOND);
  t.end();
});

void t.test('such losses are declared by the second, not with every message', (t) => {
  const { connect, heard, say, gaps } = rig();
  const sent = connect();
  for (let step = 0; step < 400; step += 1) say(0.1);
  t.ok(gaps.length <= 15, `${gaps.length} gaps`);
  t.equal(gaps.at(-1)?.[1], 5_000 + gaps.reduce((sum, [startMs, endMs]) => sum + endMs - startMs, 0), 'without a hole');
  for (let taken = SECOND; sentTo(sent) < 40 * SECOND && taken <= 40 * SECOND; taken += SECOND) {
    heard({ type: 'taken', session: 1, toSample: taken });
  }
  t.equal(sentTo(sent), 40 * SECOND, 'the rest is sent when the engine goes on');
  t.end();
});

void t.test('what was waiting when the child came is caught up, however much it is', (t) => {
  const { connect, heard, say, gaps } = rig();
  say(40);
  const sent = connect();
  for (let taken = SECOND; sentTo(sent) < 40 * SECOND; taken += SECOND) {
    heard({ type: 'taken', session: 1, toSample: taken });
  }
  t.strictSame(gaps, []);
  t.end();
});

void t.test('a hole in the clock is passed over', (t) => {
  const { connect, say, source } = rig();
  say(1);
  source.appendHole(100 * SECOND, 'publisher_lost');
  say(1);
  const sent = connect();
  t.equal(sentTo(sent), 102 * SECOND);
  t.ok(of(sent, 'audio').every(({ startSample }) => startSample < SECOND || startSample >= 101 * SECOND));
  t.end();
});

void t.test('the end is asked for once, when all audio is sent, and acknowledges everything', (t) => {
  const { session, connect, heard, say, source, facts } = rig();
  say(8);
  const sent = connect();
  session.finish();
  source.end();
  t.equal(of(sent, 'finish').length, 0, 'three seconds are not sent yet');
  heard({ type: 'taken', session: 1, toSample: 5 * SECOND });
  heard({ type: 'taken', session: 1, toSample: 8 * SECOND });
  t.equal(of(sent, 'finish').length, 1);
  t.equal(sent.at(-1)?.type, 'finish');
  heard({ type: 'finished', session: 1 });
  t.strictSame(source.totals(), { receivedMs: 8_000, transcribedMs: 8_000, gapMs: 0, unackedMs: 0 });
  t.strictSame(facts, ['ready', 'finished']);
  t.end();
});

void t.test('a child that dies over the last words: the next one is asked for them', (t) => {
  const { client, session, connect, say, source } = rig();
  say(1);
  connect();
  source.end();
  session.finish();
  client.disconnect();
  const sent = connect();
  t.strictSame([sentTo(sent), of(sent, 'finish').length], [SECOND, 1]);
  t.end();
});

void t.test('a session that has left is told nothing and sends nothing', (t) => {
  const { session, connect, heard, say, finals } = rig();
  const sent = connect();
  session.close();
  t.equal(sent.at(-1)?.type, 'close');
  say(1);
  heard({ type: 'final', ...text });
  session.close();
  t.strictSame([finals.length, of(sent, 'audio').length, of(sent, 'close').length], [0, 0, 1]);
  t.strictSame(
    connect().map(({ type }) => type),
    [],
    'nor is it opened at the next child',
  );
  t.end();
});

void t.test('an engine that will not be back is told to all sessions, later ones too', (t) => {
  const { client, connect, facts, source } = rig();
  connect();
  client.fail('restart_intensity');
  t.strictSame(facts, ['ready', 'failed: restart_intensity']);
  const sink = { partial: () => {}, final: () => {} };
  const late: string[] = [];
  const ignore = (): void => {};
  client.open({
    ...{ slug: 'late', language: 'en', source, sink, onReady: ignore, onLost: ignore, onFinished: ignore },
    onFailed: (reason) => void late.push(reason),
  });
  t.strictSame(late, ['restart_intensity']);
  t.end();
});

void t.test('progress is passed on; news of a session that nobody knows are nobody’s', (t) => {
  const { heard, steps, finals } = rig();
  heard({ type: 'progress', step: 'model tiny', fraction: 0.1 });
  heard({ type: 'final', ...text, session: 99 });
  heard({ type: 'alive', rssBytes: 0 });
  t.strictSame([steps, finals], [['model tiny 0.1'], []]);
  t.end();
});
