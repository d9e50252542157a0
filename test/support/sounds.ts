/** Sounds that are no speech, as s16le mono 16 kHz. */
import { seededRandom } from './seeded-random.ts';

const SAMPLE_RATE_HZ = 16_000;

function render(seconds: number, at: (timeSeconds: number) => number): Buffer {
  const pcm = Buffer.alloc(Math.round(seconds * SAMPLE_RATE_HZ) * 2);
  for (let index = 0; index < pcm.length / 2; index += 1) {
    const value = Math.max(-1, Math.min(1, at(index / SAMPLE_RATE_HZ)));
    pcm.writeInt16LE(Math.round(value * 32_767), index * 2);
  }
  return pcm;
}

export const silence = (seconds: number): Buffer => render(seconds, () => 0);

/** White noise of this amplitude. */
export function noise(seconds: number, amplitude: number): Buffer {
  const random = seededRandom(7);
  return render(seconds, () => (random() * 2 - 1) * amplitude);
}

const chordsHz = [
  [261.6, 329.6, 392],
  [220, 261.6, 329.6],
  [174.6, 220, 261.6],
  [196, 246.9, 293.7],
];

/** Plucked chords with a bass and overtones, two a second. */
export function music(seconds: number): Buffer {
  return render(seconds, (time) => {
    const beat = Math.floor(time * 2);
    const sinceBeat = time - beat / 2;
    const notes = chordsHz[beat % chordsHz.length] ?? [];
    const bass = Math.sin(2 * Math.PI * ((notes[0] ?? 0) / 4) * time) * 0.2;
    const chord = notes.reduce((sum, hz) => sum + pluck(hz, time), 0) * 0.12 * Math.exp(-4 * sinceBeat);
    return bass + chord;
  });
}

function pluck(hz: number, time: number): number {
  return [1, 2, 3, 4].reduce((sum, overtone) => sum + Math.sin(2 * Math.PI * hz * overtone * time) / overtone, 0);
}
