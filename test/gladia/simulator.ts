/** The simulator itself: what it hears, what it refuses, how its sessions end. */
import t from 'tap';
import { WebSocket } from 'ws';
import { defaultGladiaOptions, initBody } from '../../actors/gladia/init-request.ts';
import { MarkDecoder } from '../gladia-simulator/mark-decoder.ts';
import { sentencePcm, silencePcm, wordName, wordPcm, WORDS } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { eventually } from '../support/processes.ts';

const body = initBody(defaultGladiaOptions);

function post(gladia: GladiaSimulator, json: unknown, query = '?region=eu-west', key = gladia.options.key) {
  const headers = { 'x-gladia-key': key, 'content-type': 'application/json' };
  return fetch(`${gladia.url}/v2/live${query}`, { method: 'POST', headers, body: JSON.stringify(json) });
}

void t.test('every word is told from its sound; one that is cut short is told to be', (t) => {
  for (let number = 0; number < WORDS; number += 1) {
    const heard = new MarkDecoder().push(Buffer.concat([silencePcm(60), wordPcm(number), silencePcm(100)]));
    if (heard[0]?.name !== wordName(number)) t.fail(wordName(number));
  }
  const cut = wordPcm(7).subarray(0, 3_000);
  t.match(new MarkDecoder().push(Buffer.concat([cut, silencePcm(100)])), [{ name: 'w???' }]);
  t.strictSame(new MarkDecoder().push(silencePcm(1_000)), []);
  t.end();
});

void t.test('a request is looked at strictly', async (t) => {
  await using gladia = await startGladia({ concurrency: 1 });
  const refusals: [object, string, RegExp][] = [
    [{ ...body, region: 'eu-west' }, '?region=eu-west', /property region should not exist/],
    [{ ...body, sample_rate: 44 }, '?region=eu-west', /sample_rate must be one of/],
    [{ ...body, endpointing: 11 }, '?region=eu-west', /endpointing must be from 0.01 to 10/],
    [{ ...body, language_config: { languages: ['english'] } }, '?region=eu-west', /language codes/],
    [{ ...body, language_config: { detect_language: true } }, '?region=eu-west', /detect_language should not exist/],
    [body, '?region=mars', /region/],
  ];
  for (const [json, query, sentence] of refusals) {
    const answer = await post(gladia, json, query);
    t.equal(answer.status, 400);
    t.match(await answer.text(), sentence);
  }
  t.equal((await post(gladia, body, '?region=eu-west', 'wrong')).status, 401);
  t.equal((await post(gladia, body)).status, 201);
  t.equal((await post(gladia, body)).status, 429, 'one more than may be');
});

void t.test('a session that has ended takes no connection: accepted and closed, or refused', async (t) => {
  await using gladia = await startGladia();
  const { url } = (await (await post(gladia, body)).json()) as { url: string };
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(sentencePcm([1]));
  socket.send('{"type":"stop_recording"}');
  t.equal(await new Promise((resolve) => socket.once('close', resolve)), 1000);
  const again = new WebSocket(url);
  t.equal(await new Promise((resolve) => again.once('close', resolve)), 4403);
  gladia.options.endedMode = 'http_403';
  const refused = new WebSocket(url);
  refused.on('error', () => {});
  const status = await new Promise((resolve) =>
    refused.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
  );
  t.equal(status, 403);
});

void t.test('an odd chunk, audio after the stop and a second socket are noted', async (t) => {
  await using gladia = await startGladia();
  const { url } = (await (await post(gladia, body)).json()) as { url: string };
  const [first, second] = [new WebSocket(url), new WebSocket(url)];
  for (const socket of [first, second]) await new Promise((resolve) => socket.once('open', resolve));
  first.send(Buffer.alloc(3));
  first.send('{"type":"stop_recording"}');
  first.send(Buffer.alloc(4));
  await eventually('three violations', () => gladia.violations.length === 3);
  t.strictSame(gladia.violations.map(String).toSorted(), [
    'an odd chunk',
    'audio after stop_recording',
    'two sockets on one session',
  ]);
});
