import { readFile } from 'node:fs/promises';
import t from 'tap';
import { joinWav, wavSamples } from '../../runtime/join-wav.ts';

const jfk = await readFile(new URL('../fixtures/speech/jfk.wav', import.meta.url));

void t.test('clips are joined sample for sample, each followed by its pause', async (t) => {
  const samples = wavSamples(jfk);
  const joined = joinWav([jfk, jfk], 500);
  const both = wavSamples(joined);
  const pauseBytes = 16_000;
  t.equal(both.length, 2 * (samples.length + pauseBytes));
  t.ok(both.subarray(0, samples.length).equals(samples));
  t.ok(both.subarray(samples.length, samples.length + pauseBytes).every((byte) => byte === 0));
  t.equal(joined.readUInt32LE(4), joined.length - 8, 'the RIFF size is that of the file');
});

void t.test('a file without samples is refused by name', async (t) => {
  t.throws(() => wavSamples(Buffer.alloc(44)), { message: /"data" chunk/ });
});
