/**
 * `npm run bench [NAME…] [-- --write]`: runs the benchmarks one after the other and prints their tables; with `--write`
 * also into README.md, between the marks that name them. Nothing else should run on the machine meanwhile.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { aiCalls } from './ai-calls.ts';
import { addedLatency } from './added-latency.ts';
import { captions } from './captions.ts';
import { fanOut } from './fan-out.ts';
import { ffmpegFlags } from './ffmpeg-flags.ts';
import { firstPcm } from './first-pcm.ts';
import { gladiaLatency } from './gladia-latency.ts';
import { markdown } from './report.ts';
import { sessions } from './sessions.ts';
import { telemetry } from './telemetry.ts';
import type { Bench } from './report.ts';

const benches: Record<string, Bench> = {
  'ffmpeg-flags': ffmpegFlags,
  'first-pcm': firstPcm,
  'added-latency': addedLatency,
  captions,
  sessions,
  telemetry,
  'gladia-latency': gladiaLatency,
  'ai-calls': aiCalls,
  'fan-out': fanOut,
};

const README = new URL('../../README.md', import.meta.url);
const words = process.argv.slice(2);
const isWriting = words.includes('--write');
const wanted = words.filter((word) => !word.startsWith('--'));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`bench: expected ${Object.keys(benches).join(', ')}; got ${unknown.join(', ')}\n`);
  process.exit(2);
}

for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n## ${name}\n\n`);
  const table = markdown(await bench());
  process.stdout.write(`${table}\n`);
  if (isWriting) await writeInto(name, table);
}
process.exit(0);

async function writeInto(name: string, table: string): Promise<void> {
  const text = await readFile(README, 'utf8');
  const marks = new RegExp(`(<!-- bench:${name} -->)[^]*?(<!-- /bench:${name} -->)`);
  if (!marks.test(text)) throw new Error(`README.md has no place for ${name}`);
  await writeFile(
    README,
    text.replace(marks, (_all, start: string, end: string) => `${start}\n\n${table}\n\n${end}`),
  );
}
