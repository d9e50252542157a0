/** Faults of the simulator do what they say: requests, handshakes, drops, acknowledgements, what is said. */
import t from 'tap';
import type { AckMode, Drop, DropPoint } from '../gladia-simulator/faults.ts';
import { sentencePcm, silencePcm } from '../gladia-simulator/marks.ts';
import { ask, dial, PlainClient, post } from '../gladia-simulator/plain-client.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { eventually } from '../support/processes.ts';

t.setTimeout(60_000);
t.jobs = 4;

const sentence = (...words: number[]): Buffer => Buffer.concat([sentencePcm(words), silencePcm(400)]);

void t.test('requests: each fault is used once, in order', async (t) => {
  await using gladia = await startGladia();
  gladia.faults.post.push({ status: 429, retryAfter: '2' }, { status: 422, body: 'own words' });
  gladia.faults.post.push({ notJson: true }, { noUrl: true }, { redirect: true }, { delayMs: 200 });
  const late = await post(gladia);
  t.equal(late.status, 429);
  t.equal(late.headers.get('retry-after'), '2');
  t.match(await late.json(), { statusCode: 429, message: 'refused by the test' });
  t.match(await (await post(gladia)).json(), 'own words');
  await t.rejects((await post(gladia)).json());
  t.notOk('url' in ((await (await post(gladia)).json()) as object));
  t.equal((await post(gladia)).status, 302);
  const beganMs = performance.now();
  t.equal((await post(gladia)).status, 201);
  t.ok(performance.now() - beganMs >= 195);
  gladia.faults.post.push({ hang: true });
  const signal = AbortSignal.timeout(200);
  const init = { method: 'POST', body: '{}', headers: { 'x-gladia-key': 'test-key' }, signal };
  await t.rejects(fetch(`${gladia.url}/v2/live`, init), { name: 'TimeoutError' });
});

void t.test('handshakes: refused, unanswered, reset, slow; accepted and closed', async (t) => {
  await using gladia = await startGladia({ unknownTokenStatus: 410 });
  const { url } = await ask(gladia);
  gladia.faults.handshake.push({ status: 503 }, { hang: true }, { reset: true }, { delayMs: 200 });
  t.equal(await new PlainClient(url).refused, 503);
  const unanswered = new PlainClient(url);
  await gladia.when('dial', () => true, 2);
  t.match(await new PlainClient(url).closed, { code: 1006 }, 'reset');
  t.equal(unanswered.socket.readyState, unanswered.socket.CONNECTING);
  unanswered.socket.terminate();
  const beganMs = performance.now();
  const slow = await dial(url);
  t.ok(performance.now() - beganMs >= 195);
  slow.socket.terminate();
  await gladia.when('closed');
  gladia.faults.afterOpen.push(1013);
  gladia.faults.afterOpenAlways = 4500;
  for (const code of [1013, 4500, 4500]) t.match(await new PlainClient(url).closed, { code });
  t.equal(await new PlainClient(url.replace(/token=.*/, 'token=x')).refused, 410);
});

void t.test('nobody at home: connections are refused until it listens again on its port', async (t) => {
  await using gladia = await startGladia();
  const { url } = await ask(gladia);
  const client = await dial(url);
  await gladia.leave();
  t.match(await client.closed, { code: 1006 });
  await t.rejects(post(gladia));
  await gladia.listen();
  using again = await dial(url);
  t.equal(again.socket.readyState, again.socket.OPEN);
});

const drops: [DropPoint, Drop, (client: PlainClient) => boolean][] = [
  ['before_first_chunk', 'reset', (client) => client.messages.length === 0],
  ['before_ack', { code: 4500, reason: 'r'.repeat(100) }, (client) => client.acknowledged().length === 0],
  ['mid_utterance', 'no_close_frame', (client) => client.finals().length === 0],
  ['after_final', { code: 1012 }, (client) => client.finals().length === 1],
  ['during_stop', 'reset', (client) => client.of('stop_recording').length === 0],
  ['after_stop_ack', { code: 1011 }, (client) => client.of('end_recording').length === 0],
  ['before_close', { code: 1011 }, (client) => client.of('post_final_transcript').length === 0],
  ['after_post_final', { code: 1001 }, (client) => client.of('end_session').length === 0],
];

for (const [point, how, fits] of drops) {
  void t.test(`a drop ${point.replaceAll('_', ' ')} happens there, once`, async (t) => {
    await using gladia = await startGladia({ finalDelayMs: 20 });
    gladia.faults.drop(point, how);
    using client = await dial((await ask(gladia)).url);
    client.speak(sentence(1));
    if (point !== 'after_final') client.stop();
    const expected = typeof how === 'string' ? { code: 1006 } : { reason: '', ...how };
    t.strictSame(await client.closed, { reason: '', ...expected });
    t.ok(fits(client), client.messages.map(({ type }) => type).join(' '));
    t.equal(gladia.count('fault'), 1);
    t.equal(gladia.faults.take(point), undefined);
  });
}

void t.test('a black hole: nothing comes, nothing is read, nothing closes', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  gladia.dropAll('black_hole');
  client.speak(sentence(1));
  let isAnswered = false;
  client.socket.once('pong', () => (isAnswered = true));
  client.socket.ping();
  const closed = await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
  t.equal(closed, 'silence');
  t.notOk(isAnswered);
  t.strictSame(client.messages, []);
});

const ranges: Partial<Record<AckMode, unknown[]>> = {
  normal: [
    [3200, 6400],
    [6400, 9600],
    [9600, 12_800],
  ],
  inclusive: [
    [3200, 6399],
    [6400, 9599],
    [9600, 12_799],
  ],
  beyond_sent: [
    [3200, 70_400],
    [6400, 73_600],
    [9600, 76_800],
  ],
  restart_per_connection: [
    [0, 3200],
    [3200, 6400],
    [6400, 9600],
  ],
  merged: [[3200, 12_800]],
};

for (const [mode, expected] of Object.entries(ranges)) {
  void t.test(`acknowledgements of a second connection: ${mode.replaceAll('_', ' ')}`, async (t) => {
    await using gladia = await startGladia();
    const { url } = await ask(gladia);
    const first = await dial(url);
    first.speak(silencePcm(100));
    await gladia.when('ack');
    first.socket.close(4000);
    await first.closed;
    gladia.faults.acks = mode as AckMode;
    using client = await dial(url);
    client.speak(silencePcm(300));
    await eventually('all of them', () => client.acknowledged().length === expected.length);
    t.strictSame(client.acknowledged(), expected);
  });
}

void t.test('acknowledgements that are lost, late or never come; chunks that are not taken', async (t) => {
  await using gladia = await startGladia();
  gladia.faults.loseAcks = 2;
  using client = await dial((await ask(gladia)).url);
  client.speak(silencePcm(300));
  await eventually('the third', () => client.acknowledged().length === 1);
  t.strictSame(client.acknowledged(), [[6400, 9600]]);
  gladia.faults.nacks = 3;
  for (const [index, shape] of (['object', 'status', 'string'] as const).entries()) {
    gladia.faults.nackShape = shape;
    client.speak(silencePcm(100));
    await eventually('a refusal', () => client.of('audio_chunk').length === index + 2);
  }
  t.match(client.of('audio_chunk').slice(1), [
    { acknowledged: false, error: { message: 'not now' }, data: null },
    { acknowledged: false, error: { status_code: 409, message: 'not now' }, data: {} },
    { acknowledged: false, error: 'not now', data: {} },
  ]);
  t.equal(gladia.sessions[0]?.bytes, 9600);
  for (const mode of ['off', 'delayed'] as const) {
    gladia.faults.acks = mode;
    client.speak(silencePcm(100));
  }
  await gladia.when('audio', () => true, 5);
  gladia.faults.acks = 'normal';
  client.speak(silencePcm(100));
  await eventually('the last', () => client.of('audio_chunk').length === 5);
  t.strictSame(client.acknowledged().at(-1), [16_000, 19_200], 'the two before are still missing');
});
