/** Sessions of the simulator, with a plain client: the order of messages, resumption, and every way to an end. */
import t from 'tap';
import { sentencePcm, silencePcm } from '../gladia-simulator/marks.ts';
import { ask, dial, PlainClient, plainBody, post } from '../gladia-simulator/plain-client.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { eventually } from '../support/processes.ts';

t.setTimeout(60_000);

const sentence = (...words: number[]): Buffer => Buffer.concat([sentencePcm(words), silencePcm(400)]);

void t.test('a whole session: every message in its place', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  client.speak(sentence(1, 2));
  await eventually('a final', () => client.finals().length === 1);
  client.speak(sentencePcm([3]));
  client.stop();
  t.match(await client.closed, { code: 1000 });
  const told = client.messages.map(({ type }) => type).filter((type) => type !== 'audio_chunk');
  const utterance = (words: number): string[] => ['speech_start', ...Array(words).fill('transcript'), 'speech_end'];
  t.strictSame(told, [
    ...['start_recording', ...utterance(2), 'transcript', 'speech_start', 'transcript', 'stop_recording'],
    ...['speech_end', 'transcript', 'end_recording', 'post_transcript', 'post_final_transcript', 'end_session'],
  ]);
  t.strictSame(client.finals(), [' w001 w002', ' w003']);
  const [growing, grown] = client.transcripts(false).map(({ utterance: { text } }) => text);
  t.strictSame([growing, grown], [' w001', ' w001 w002'], 'partials grow');
  t.strictSame([...new Set(client.of('transcript').map(({ data }) => data?.['id']))], ['00_00000000', '00_00000001']);
  t.match(client.transcripts(true)[0]?.utterance, { start: 0, end: 0.64, language: 'en', channel: 0 });
  t.match(client.of('post_final_transcript')[0]?.data, {
    transcription: { full_transcript: 'w001 w002 w003', languages: ['en'] },
  });
  t.strictSame(gladia.violations, []);
});

void t.test('acknowledgements are one a chunk, in order, of the whole session, without the last byte', async (t) => {
  await using gladia = await startGladia();
  const { url } = await ask(gladia);
  const first = await dial(url);
  first.speak(silencePcm(200));
  await eventually('two of them', () => first.acknowledged().length === 2);
  t.strictSame(first.acknowledged(), [
    [0, 3200],
    [3200, 6400],
  ]);
  first.socket.close(4000);
  await first.closed;
  using second = await dial(url);
  second.socket.send(JSON.stringify({ type: 'audio_chunk', data: { chunk: silencePcm(100).toString('base64') } }));
  second.socket.send('{"type":"audio_chunk","data":{"chunk":""}}');
  await eventually('two more', () => second.acknowledged().length === 2);
  t.match(second.of('audio_chunk'), [
    { data: { byte_range: [6400, 9600], time_range: [0.2, 0.3] } },
    { data: { byte_range: [9600, 9600] } },
  ]);
  t.equal(gladia.running, 1, 'a session outlives its connection');
});

void t.test('what was not asked for is not said', async (t) => {
  await using gladia = await startGladia();
  const messages_config = { receive_acknowledgments: false, receive_speech_events: false };
  using client = await dial((await ask(gladia, { endpointing: 0.3, messages_config })).url);
  client.speak(sentence(1, 2));
  await eventually('a final', () => client.finals().length === 1);
  client.stop();
  await client.closed;
  t.strictSame(
    client.messages.map(({ type }) => type),
    ['transcript', 'post_transcript', 'post_final_transcript'],
  );
});

void t.test('translations and other addons come behind their final', async (t) => {
  await using gladia = await startGladia();
  const realtime_processing = {
    ...{ translation: true, translation_config: { target_languages: ['fr', 'de'] } },
    ...{ named_entity_recognition: true, sentiment_analysis: true },
  };
  const post_processing = { summarization: true };
  using client = await dial((await ask(gladia, { ...plainBody, realtime_processing, post_processing })).url);
  client.speak(sentence(1, 2));
  client.stop();
  await client.closed;
  const types = client.messages.map(({ type }) => type);
  const at = types.lastIndexOf('transcript');
  const addons = ['translation', 'translation', 'named_entity_recognition', 'sentiment_analysis'];
  t.strictSame(types.slice(at + 1, at + 5), addons);
  t.match(client.of('translation')[0]?.data, {
    utterance_id: '00_00000000',
    target_language: 'fr',
    translated_utterance: { text: ' w001-fr w002-fr', language: 'fr' },
  });
  t.match(client.of('post_summarization'), [{ error: null, data: { results: 'w001 w002' } }]);
});

void t.test('an utterance without a pause is cut at its longest', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  client.speak(sentencePcm(Array.from({ length: 26 }, (_, number) => number)));
  await eventually('a final', () => client.finals().length === 1);
  t.equal(client.finals()[0]?.trim().split(' ').length, 13);
});

void t.test(
  'closed with 1000 the rest is processed; closed otherwise the session waits, and ends in time',
  async (t) => {
    await using gladia = await startGladia({ detachedMs: 300 });
    const left = await dial((await ask(gladia)).url);
    left.speak(sentencePcm([1]));
    left.socket.close(1000);
    await gladia.when('ended');
    t.match(gladia.sessions[0]?.finals, [{ text: ' w001' }]);
    t.strictSame(gladia.violations, ['a close without stop_recording']);
    const { url } = await ask(gladia);
    const gone = await dial(url);
    gone.socket.terminate();
    await gladia.when('expired');
    t.equal(gladia.running, 0);
    t.match(await new PlainClient(url).closed, { code: 4403 });
  },
);

void t.test('a session without audio, or too old, is ended with its code; pings are no audio', async (t) => {
  await using gladia = await startGladia({ idleMs: 300 });
  using silent = await dial((await ask(gladia)).url);
  const pings = setInterval(() => silent.socket.ping(), 50);
  t.match(await silent.closed, { code: 4408 });
  clearInterval(pings);
  Object.assign(gladia.options, { idleMs: 30_000, sessionLimitMs: 300, limitCode: 4400 });
  using old = await dial((await ask(gladia)).url);
  old.speak(silencePcm(100));
  t.match(await old.closed, { code: 4400 });
  t.equal(gladia.count('expired'), 2);
});

for (const redeliver of [false, true]) {
  void t.test(`what is said while nobody listens is ${redeliver ? 'said again' : 'lost'}`, async (t) => {
    await using gladia = await startGladia({ redeliver, finalDelayMs: 100 });
    const { url } = await ask(gladia);
    const first = await dial(url);
    first.speak(sentence(1));
    await gladia.when('audio', () => true, 8);
    first.socket.terminate();
    await eventually('it is said', () => gladia.sessions[0]?.finals.length === 1);
    using second = await dial(url);
    second.speak(sentence(2));
    await eventually('the next is said', () => second.finals().includes(' w002'));
    t.strictSame(second.finals(), redeliver ? [' w001', ' w002'] : [' w002']);
    t.equal(second.transcripts(true).at(-1)?.id, '00_00000001');
  });
}

void t.test('a slot may be held for a while after the end', async (t) => {
  await using gladia = await startGladia({ concurrency: 1, slotHeldMs: 300 });
  using client = await dial((await ask(gladia)).url);
  client.stop();
  await client.closed;
  t.equal((await post(gladia)).status, 429);
  const deadlineMs = performance.now() + 5_000;
  let status = 429;
  while (status === 429 && performance.now() < deadlineMs) ({ status } = await post(gladia));
  t.equal(status, 201);
});
