/** The simulator against a client that is not ours: the published SDK runs a whole session, and resumes one. */
import { GladiaClient } from '@gladiaio/sdk';
import type { LiveV2WebSocketMessage } from '@gladiaio/sdk';
import t from 'tap';
import { sentencePcm, silencePcm } from '../gladia-simulator/marks.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { eventually } from '../support/processes.ts';

t.setTimeout(60_000);

const CHUNK_BYTES = 3_200;

function startSession(gladia: GladiaSimulator) {
  const client = new GladiaClient({ apiKey: gladia.options.key, apiUrl: gladia.url, region: 'eu-west' });
  const session = client.liveV2().startSession({
    encoding: 'wav/pcm',
    sample_rate: 16_000,
    bit_depth: 16,
    channels: 1,
    endpointing: 0.3,
    language_config: { languages: ['en'] },
    messages_config: {
      receive_partial_transcripts: true,
      receive_acknowledgments: true,
      receive_lifecycle_events: true,
    },
  });
  const messages: LiveV2WebSocketMessage[] = [];
  session.on('message', (message) => void messages.push(message));
  session.on('error', () => {});
  const ended = new Promise<void>((resolve) => session.once('ended', () => resolve()));
  const finals = (): string[] =>
    messages.flatMap((message) =>
      message.type === 'transcript' && message.data.is_final ? [message.data.utterance.text] : [],
    );
  const speak = (pcm: Buffer): void => {
    for (let at = 0; at < pcm.length; at += CHUNK_BYTES) session.sendAudio(pcm.subarray(at, at + CHUNK_BYTES));
  };
  return { session, messages, ended, finals, speak };
}

void t.test('a whole session: partials, finals, acknowledgements, the end in order', async (t) => {
  await using gladia = await startGladia();
  const { session, messages, ended, finals, speak } = startSession(gladia);
  speak(Buffer.concat([sentencePcm([1, 2, 3]), silencePcm(800), sentencePcm([4, 5]), silencePcm(800)]));
  await eventually('two finals', () => finals().length === 2);
  session.stopRecording();
  await ended;
  t.strictSame(finals(), [' w001 w002 w003', ' w004 w005']);
  const types = messages.map(({ type }) => type);
  for (const type of ['audio_chunk', 'speech_start', 'speech_end', 'stop_recording', 'end_recording', 'end_session']) {
    t.ok(
      types.some((told) => told === type),
      type,
    );
  }
  t.ok(types.lastIndexOf('transcript') < types.indexOf('end_recording'));
  t.strictSame(gladia.violations, []);
  t.equal(gladia.running, 0);
});

void t.test('a connection that drops is resumed on the same session', async (t) => {
  await using gladia = await startGladia();
  const { session, ended, finals, speak } = startSession(gladia);
  speak(Buffer.concat([sentencePcm([1, 2, 3]), silencePcm(800)]));
  await eventually('a final', () => finals().length === 1);
  gladia.dropAll({ code: 4500 });
  await eventually('a second connection', () => gladia.count('open') === 2);
  speak(Buffer.concat([sentencePcm([4, 5]), silencePcm(800)]));
  await eventually('another final', () => finals().length === 2);
  session.stopRecording();
  await ended;
  t.equal(gladia.count('post'), 1);
  t.strictSame(finals(), [' w001 w002 w003', ' w004 w005']);
});
