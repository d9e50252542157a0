import fc from 'fast-check';
import t from 'tap';
import { AudioLedger } from '../../../actors/audio/ledger.ts';
import type { GapCause } from '../../../actors/ports.ts';

interface Gap {
  startMs: number;
  endMs: number;
  cause: GapCause;
}

function ledger(options: { chunkMs?: number; bufferMs?: number } = {}): { ledger: AudioLedger; gaps: Gap[] } {
  const gaps: Gap[] = [];
  const onGap = (startMs: number, endMs: number, cause: GapCause): void => void gaps.push({ startMs, endMs, cause });
  return { ledger: new AudioLedger({ chunkMs: 100, bufferMs: 2_000, ...options, onGap }), gaps };
}

/** PCM whose samples count up from `from`. */
function counted(samples: number, from = 0): Buffer {
  const pcm = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index += 1) pcm.writeUInt16LE((from + index) % 65_536, index * 2);
  return pcm;
}

void t.test('whole chunks come out as soon as they are there, a shorter one at the end', (t) => {
  const { ledger: audio } = ledger();
  audio.append(counted(1_599));
  t.equal(audio.read(0), undefined);
  audio.append(counted(2, 1_599));
  t.strictSame(audio.read(0), { startSample: 0, pcm: counted(1_600) });
  t.equal(audio.read(1_600), undefined);
  audio.end();
  t.strictSame(audio.read(1_600), { startSample: 1_600, pcm: counted(1, 1_600) });
  t.end();
});

void t.test('a chunk never spans a hole', (t) => {
  const { ledger: audio, gaps } = ledger();
  audio.append(counted(800));
  audio.appendHole(16_000, 'publisher_lost');
  audio.append(counted(1_600));
  t.equal(audio.read(0)?.pcm.length, 1_600);
  t.strictSame(audio.read(800), { startSample: 16_800, pcm: counted(1_600) });
  t.strictSame(gaps, [{ startMs: 50, endMs: 1_050, cause: 'publisher_lost' }]);
  t.end();
});

void t.test('what is over the buffer is dropped by the second, oldest first, and declared', (t) => {
  const { ledger: audio, gaps } = ledger();
  audio.append(counted(40_000));
  t.strictSame(gaps, [{ startMs: 0, endMs: 1_000, cause: 'buffer_overflow' }]);
  t.strictSame(audio.read(0), { startSample: 16_000, pcm: counted(1_600, 16_000) });
  t.strictSame(audio.totals(), { receivedMs: 2_500, transcribedMs: 0, gapMs: 1_000, unackedMs: 1_500 });
  t.end();
});

void t.test('a part declared as lost is not handed out again', (t) => {
  const { ledger: audio } = ledger();
  audio.append(counted(16_000));
  audio.declareGap(1_600, 3_200, 'transcriber_lost');
  t.equal(audio.ackedSample, 0);
  t.equal(audio.read(1_600)?.startSample, 3_200);
  audio.acknowledge(16_000);
  t.strictSame(audio.totals(), { receivedMs: 1_000, transcribedMs: 900, gapMs: 100, unackedMs: 0 });
  t.end();
});

void t.test('a hole in what is given up is told once: as what it was', (t) => {
  const { ledger: audio, gaps } = ledger();
  audio.append(counted(3_200));
  audio.appendHole(16_000, 'decoder_lost');
  audio.append(counted(1_600));
  audio.appendHole(1_600, 'decoder_lost');
  audio.declareGap(1_600, audio.headSample, 'finalize_timeout');
  t.strictSame(gaps, [
    { startMs: 200, endMs: 1_200, cause: 'decoder_lost' },
    { startMs: 1_300, endMs: 1_400, cause: 'decoder_lost' },
    { startMs: 100, endMs: 200, cause: 'finalize_timeout' },
    { startMs: 1_200, endMs: 1_300, cause: 'finalize_timeout' },
  ]);
  audio.acknowledge(1_600);
  t.strictSame(audio.totals(), { receivedMs: 1_400, transcribedMs: 100, gapMs: 1_300, unackedMs: 0 });
  t.end();
});

void t.test('nothing is added after the end', (t) => {
  const { ledger: audio } = ledger();
  audio.end();
  audio.append(counted(16_000));
  audio.appendHole(16_000, 'audio_lost');
  t.equal(audio.headSample, 0);
  t.end();
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), samples: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ kind: fc.constant('hole' as const), samples: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({ kind: fc.constant('acknowledge' as const), samples: fc.integer({ min: 0, max: 30_000 }) }),
  fc.record({ kind: fc.constant('declare' as const), samples: fc.integer({ min: 0, max: 30_000 }) }),
);

void t.test('whatever happens, every sample is handed out in its place, and the account adds up', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { ledger: audio } = ledger();
      for (const { kind, samples } of steps) {
        if (kind === 'append') audio.append(counted(samples, audio.headSample));
        else if (kind === 'hole') audio.appendHole(samples, 'audio_lost');
        else if (kind === 'acknowledge') audio.acknowledge(audio.ackedSample + samples);
        else audio.declareGap(audio.ackedSample + 100, audio.ackedSample + 100 + samples, 'transcriber_lost');
        const { receivedMs, transcribedMs, gapMs, unackedMs } = audio.totals();
        if (receivedMs !== transcribedMs + gapMs + unackedMs) return false;
        const chunk = audio.read(audio.ackedSample);
        if (chunk && !chunk.pcm.equals(counted(chunk.pcm.length / 2, chunk.startSample))) return false;
      }
      audio.end();
      audio.declareGap(audio.ackedSample, audio.headSample, 'finalize_timeout');
      const { unackedMs } = audio.totals();
      return unackedMs === 0 && audio.read(0) === undefined;
    }),
    { numRuns: 300 },
  );
  t.end();
});
