/** Faults of the simulator do what they say: transcripts, frames, the end. And what it holds against a client. */
import t from 'tap';
import { sentencePcm, silencePcm } from '../gladia-simulator/marks.ts';
import type { Faults } from '../gladia-simulator/faults.ts';
import { ask, dial, plainBody } from '../gladia-simulator/plain-client.ts';
import type { PlainClient } from '../gladia-simulator/plain-client.ts';
import { startGladia } from '../gladia-simulator/simulator.ts';
import { eventually } from '../support/processes.ts';

t.setTimeout(60_000);
t.jobs = 4;

const sentence = (...words: number[]): Buffer => Buffer.concat([sentencePcm(words), silencePcm(400)]);
const translated = {
  ...plainBody,
  realtime_processing: { translation: true, translation_config: { target_languages: ['fr'] } },
};

const transcripts: [Partial<Faults>, (client: PlainClient) => unknown, unknown][] = [
  [{ noWords: true }, (client) => 'words' in (client.transcripts(true)[0]?.utterance ?? {}), false],
  [{ emptyFinals: true }, (client) => client.finals(), ['']],
  [{ noPartials: true }, (client) => client.transcripts(false).length, 0],
  [{ latePartials: true }, (client) => client.of('transcript').at(-1)?.data?.['is_final'], false],
  [{ backwardTimes: true }, (client) => client.transcripts(true)[0]?.utterance.end, 0],
  [{ failedAddons: true }, (client) => client.of('translation')[0]?.data, null],
];

for (const [fault, look, expected] of transcripts) {
  void t.test(`transcripts: ${Object.keys(fault).join()}`, async (t) => {
    await using gladia = await startGladia();
    using client = await dial((await ask(gladia, translated)).url);
    client.speak(sentence(1, 2));
    client.stop();
    await client.closed;
    t.notSame(look(client), expected, 'without the fault');
    Object.assign(gladia.faults, fault);
    using faulty = await dial((await ask(gladia, translated)).url);
    faulty.speak(sentence(1, 2));
    faulty.stop();
    await faulty.closed;
    t.equal(faulty.transcripts(true).length, 1);
    t.strictSame(look(faulty), expected);
  });
}

void t.test('frames as they are, at the next chunk', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  const huge = JSON.stringify({ type: 'huge', data: { text: 'x'.repeat(1_000_000) } });
  gladia.faults.messages.push('no JSON', '[1]', Buffer.from('bytes'), huge, ...Array(1_000).fill('{"type":"error"}'));
  client.speak(silencePcm(100));
  await eventually('all', () => client.of('error').length === 1_000);
  t.strictSame(client.strange, ['no JSON', '[1]', 'bytes']);
  t.equal(client.of('huge').length, 1);
});

void t.test('the utterance that is open at a drop is never finished; ids may begin again', async (t) => {
  await using gladia = await startGladia({ restartIds: true });
  gladia.faults.neverFinalize = true;
  const { url } = await ask(gladia);
  const first = await dial(url);
  first.speak(sentencePcm([1, 2]));
  await eventually('a partial', () => first.transcripts(false).length > 0);
  gladia.dropAll('no_close_frame');
  await gladia.when('closed');
  using second = await dial(url);
  second.speak(sentence(3));
  await eventually('a final', () => second.finals().length === 1);
  t.notMatch(second.finals()[0], /w001/);
  t.equal(second.transcripts(true)[0]?.id, '00_00000000');
});

void t.test('no reply to a stop; the last words and no close; a close before them', async (t) => {
  await using gladia = await startGladia({ idleMs: 300 });
  gladia.faults.stop = 'silent';
  using unheard = await dial((await ask(gladia)).url);
  unheard.speak(sentencePcm([1]));
  unheard.stop();
  t.match(await unheard.closed, { code: 4408 });
  t.strictSame(unheard.of('stop_recording'), []);
  gladia.options.idleMs = 30_000;
  gladia.faults.stop = 'finals_no_close';
  using open = await dial((await ask(gladia)).url);
  open.speak(sentencePcm([1]));
  open.stop();
  await eventually('the last words', () => open.finals().length === 1);
  t.strictSame([open.socket.readyState, open.of('end_session')], [open.socket.OPEN, []]);
  gladia.faults.stop = 'close_before_finals';
  using early = await dial((await ask(gladia)).url);
  early.speak(sentencePcm([1]));
  early.stop();
  t.match(await early.closed, { code: 1000 });
  t.strictSame(early.finals(), []);
  t.match(gladia.sessions.at(-1)?.finals, [{ text: ' w001' }], 'the result has them');
});

void t.test('a slow end', async (t) => {
  await using gladia = await startGladia({ slowEndMs: 400 });
  gladia.faults.stop = 'slow';
  using client = await dial((await ask(gladia)).url);
  client.speak(sentencePcm([1]));
  client.stop();
  await eventually('the acknowledgement', () => client.of('stop_recording').length === 1);
  const beganMs = performance.now();
  t.match(await client.closed, { code: 1000 });
  t.ok(performance.now() - beganMs >= 350);
  t.strictSame(client.finals(), [' w001']);
});

void t.test('a close that is never answered', async (t) => {
  await using gladia = await startGladia();
  gladia.faults.closeHandshake = 'never';
  using client = await dial((await ask(gladia)).url);
  client.socket.close(4000);
  await gladia.when('close_received');
  const closed = await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
  t.equal(closed, 'silence');
  t.equal(gladia.openSockets, 1);
  client.socket.terminate();
  await gladia.when('closed');
});

void t.test('a server that reads nothing for a while has everything afterwards', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  gladia.stopReading(300);
  const beganMs = performance.now();
  client.speak(silencePcm(500));
  await gladia.when('audio', () => true, 5);
  t.ok(performance.now() - beganMs >= 250);
});

void t.test('a frame of more than 1 MiB is closed with 1009; a message without sense is answered', async (t) => {
  await using gladia = await startGladia();
  using client = await dial((await ask(gladia)).url);
  for (const nonsense of ['{', '[]', '{"type":"audio_chunk"}']) client.socket.send(nonsense);
  await eventually('three answers', () => client.of('error').length === 3);
  client.socket.send(Buffer.alloc(1_048_578));
  t.match(await client.closed, { code: 1009 });
  t.match(gladia.violations.at(-1), 'a frame of more than 1 MiB');
  t.equal(gladia.violations.length, 4);
  t.equal(gladia.count('close_received'), 0);
});

void t.test('a second stop and audio behind a stop are refused; half a sample if it is wished', async (t) => {
  await using gladia = await startGladia({ endDelayMs: 300, oddChunks: 'refused' });
  using client = await dial((await ask(gladia)).url);
  client.socket.send(Buffer.alloc(3));
  client.stop();
  client.stop();
  client.speak(silencePcm(100));
  await client.closed;
  t.match(client.of('audio_chunk'), [{ acknowledged: false }, { acknowledged: false, data: null }]);
  const stops = client.of('stop_recording').map(({ acknowledged }) => acknowledged);
  t.strictSame(stops, [true, false], 'in order');
  t.strictSame(gladia.violations, ['an odd chunk', 'audio after stop_recording']);
  t.equal(gladia.sessions[0]?.bytes, 0);
});
