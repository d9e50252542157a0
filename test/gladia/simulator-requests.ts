/** HTTP of the simulator: what it refuses and what it tells of sessions. */
import t from 'tap';
import { sentencePcm, silencePcm } from '../gladia-simulator/marks.ts';
import { ask, dial, plainBody, post, request } from '../gladia-simulator/plain-client.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';

t.setTimeout(60_000);

const realtime = (config: object) => ({ realtime_processing: config });

const wrong: [unknown, string][] = [
  [{ surprise: 1 }, 'property surprise should not exist'],
  [{ constructor: 1 }, 'property constructor should not exist'],
  [{ region: 'eu-west' }, 'property region should not exist'],
  [{ language_config: { detect_language: true } }, 'property language_config.detect_language should not exist'],
  [{ messages_config: { receive_all: true } }, 'property messages_config.receive_all should not exist'],
  [[], 'body must be an object'],
  [{ encoding: 'opus' }, 'encoding must be one of'],
  [{ bit_depth: 12 }, 'bit_depth must be one of'],
  [{ sample_rate: '16000' }, 'sample_rate must be one of'],
  [{ channels: 0 }, 'channels must be from 1 to 8'],
  [{ channels: 1.5 }, 'channels must be an integer'],
  [{ model: 'solaria' }, 'model must be one of'],
  [{ custom_metadata: 'x' }, 'custom_metadata must be an object'],
  [{ endpointing: 0.001 }, 'endpointing must be from 0.01 to 10'],
  [{ maximum_duration_without_endpointing: 61 }, 'maximum_duration_without_endpointing must be from 5 to 60'],
  [{ language_config: { languages: ['en', 'eng'] } }, 'language_config.languages.1 must be one of the language codes'],
  [{ language_config: { code_switching: 1 } }, 'language_config.code_switching must be a boolean'],
  [{ pre_processing: { speech_threshold: 2 } }, 'pre_processing.speech_threshold must be from 0 to 1'],
  [realtime({ translation: true }), 'realtime_processing.translation_config should not be empty'],
  [realtime({ translation_config: { target_languages: [] } }), 'target_languages must contain at least 1 element'],
  [realtime({ translation_config: { target_languages: ['xx'] } }), 'target_languages.0 must be one of'],
  [realtime({ custom_vocabulary_config: {} }), 'custom_vocabulary_config.vocabulary should not be empty'],
  [realtime({ custom_vocabulary_config: { vocabulary: [''] } }), 'vocabulary.0 must be a text'],
  [realtime({ custom_vocabulary_config: { vocabulary: [{ value: 'a', intensity: 2 }] } }), 'vocabulary.0.intensity'],
  [realtime({ custom_spelling_config: { spelling_dictionary: { a: 'b' } } }), 'spelling_dictionary.a must be a list'],
  [{ post_processing: { summarization_config: { type: 'long' } } }, 'summarization_config.type must be one of'],
  [{ callback_config: { url: '' } }, 'callback_config.url must be a text'],
];

void t.test('every wrong field is refused by its name', async (t) => {
  await using gladia = await startGladia();
  for (const [body, sentence] of wrong) {
    const answer = await post(gladia, body);
    const { validation_errors } = (await answer.json()) as { validation_errors?: string[] };
    t.equal(answer.status, 400, sentence);
    t.equal(validation_errors?.length, 1, sentence);
    t.ok(validation_errors?.[0]?.includes(sentence), String(validation_errors));
  }
  const broken = await request(gladia, '/v2/live', { method: 'POST', body: '{' });
  t.equal(broken.status, 400, 'what is not JSON');
  t.equal(gladia.count('post_answered'), 0);
});

void t.test('everything may be left out, and everything may be given', async (t) => {
  await using gladia = await startGladia();
  const vocabulary = ['a', { value: 'b', intensity: 0.4, pronunciations: ['bee'], language: 'en' }];
  const full = {
    ...{ encoding: 'wav/ulaw', bit_depth: 8, sample_rate: 8000, channels: 8, model: 'solaria-1' },
    ...{ endpointing: 10, maximum_duration_without_endpointing: 60, custom_metadata: { show: 'x' } },
    language_config: { languages: ['en', 'fr'], code_switching: true },
    pre_processing: { audio_enhancer: true, speech_threshold: 1 },
    realtime_processing: {
      ...{ custom_vocabulary: true, custom_vocabulary_config: { vocabulary, default_intensity: 0.4 } },
      ...{ custom_spelling: true, custom_spelling_config: { spelling_dictionary: { SQL: ['sequel'] } } },
      ...{ translation: true, translation_config: { target_languages: ['fr'], model: 'enhanced', informal: true } },
    },
    post_processing: { summarization: true, summarization_config: { type: 'concise' } },
    callback: true,
    callback_config: { url: 'https://example.org', receive_final_transcripts: true },
  };
  for (const body of [{}, full]) t.equal((await post(gladia, body)).status, 201);
  t.equal((await post(gladia, { channels: 9 })).status, 400);
});

void t.test('the answer names a session and where to connect, with a secret that is not its id', async (t) => {
  await using gladia = await startGladia({ postDelayMs: 50 });
  const beganMs = performance.now();
  const { id, url } = await ask(gladia);
  t.ok(performance.now() - beganMs >= 45);
  t.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/v2\/live\?token=[0-9a-f-]{36}$/);
  t.notOk(url.includes(id));
  const without = await fetch(`${gladia.url}/v2/live`, { method: 'POST', body: '{}' });
  t.equal(without.status, 401);
  t.match(await without.json(), { statusCode: 401, message: 'no gladia key provided', request_id: /^G-/ });
});

void t.test('the result: processing, then everything that was said, delivered or not', async (t) => {
  await using gladia = await startGladia();
  const { id, url } = await ask(gladia, { ...plainBody, custom_metadata: { show: 'x' } });
  const path = `/v2/live/${id}`;
  const look = async () => (await (await request(gladia, path)).json()) as { result?: { messages: string[] } };
  const client = await dial(url);
  client.speak(sentencePcm([1, 2]));
  client.socket.close(1000);
  await client.closed;
  t.match(await look(), { id, status: 'processing', kind: 'live', version: 2, request_id: /^G-/, result: null });
  t.equal((await request(gladia, path, { method: 'DELETE' })).status, 403);
  await gladia.when('ended');
  const done = await look();
  t.match(done, {
    status: 'done',
    custom_metadata: { show: 'x' },
    request_params: { sample_rate: 16_000, endpointing: 0.3, messages_config: { receive_acknowledgments: true } },
    file: { audio_duration: 0.8 },
    result: { transcription: { full_transcript: 'w001 w002', utterances: [{ text: ' w001 w002' }] } },
  });
  const types = done.result?.messages.map((message) => (JSON.parse(message) as { type: string }).type);
  t.ok(types?.includes('transcript'));
  t.equal(types?.at(-1), 'end_session');
});

void t.test('the file is all audio; what is deleted is gone; the list has the newest first', async (t) => {
  await using gladia = await startGladia();
  const { id, url } = await ask(gladia);
  const client = await dial(url);
  client.speak(sentencePcm([1]));
  client.stop();
  await client.closed;
  const file = Buffer.from(await (await request(gladia, `/v2/live/${id}/file`)).arrayBuffer());
  t.equal(file.subarray(0, 4).toString(), 'RIFF');
  t.ok(file.subarray(44).equals(sentencePcm([1])));
  const newer = await ask(gladia);
  const items = async (query: string) =>
    ((await (await request(gladia, `/v2/live${query}`)).json()) as { items: { id: string }[] }).items;
  t.match(await items(''), [{ id: newer.id }, { id }]);
  t.match(await items('?limit=1&offset=1'), [{ id }]);
  t.match(await items('?status=done'), [{ id, status: 'done' }]);
  t.equal((await request(gladia, `/v2/live/${id}`, { method: 'DELETE' })).status, 202);
  t.equal((await request(gladia, `/v2/live/${id}`)).status, 404);
});

void t.test('a result may take its time, fail, or be missing', async (t) => {
  await using gladia = await startGladia({ resultDelayMs: 60_000 });
  const { id, url } = await ask(gladia);
  const client = await dial(url);
  client.speak(silencePcm(100));
  client.stop();
  await client.closed;
  const status = async () => ((await (await request(gladia, `/v2/live/${id}`)).json()) as { status: string }).status;
  t.equal(await status(), 'processing');
  gladia.options.resultDelayMs = 0;
  t.equal(await status(), 'done');
  for (const result of ['processing', 'error'] as const) {
    gladia.faults.result = result;
    t.equal(await status(), result);
  }
  gladia.faults.result = 'missing';
  t.equal((await request(gladia, `/v2/live/${id}`)).status, 404);
});
