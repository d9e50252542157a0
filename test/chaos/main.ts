/**
 * `npm run chaos [-- --seed 1 --minutes 2]`, `npm run soak [-- --minutes 60]`: the server among faults, or under mild load
 * for long. Prints a report; exit code 1 when a promise was broken.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chaos } from './chaos.ts';
import { faultKinds } from './kinds.ts';
import { reportOf } from './report.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '2' },
    soak: { type: 'boolean', default: false },
    sessions: { type: 'string' },
    viewers: { type: 'string' },
    only: { type: 'string' },
    trace: { type: 'string' },
  },
});

/** Ends with exit code 2. */
function refuse(what: string): never {
  process.stderr.write(`chaos: ${what}\n`);
  process.exit(2);
}

function numberOf(name: string, text: string, isFine: (value: number) => boolean, expected: string): number {
  const value = Number(text);
  if (text.trim() !== '' && isFine(value)) return value;
  return refuse(`--${name} must be ${expected}; got ${text}`);
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 1_000;
const isSeed = (value: number): boolean => Number.isInteger(value) && value >= 0;
const only = values.only?.split(',');
const unknown = only?.find((kind) => !faultKinds.has(kind));
if (unknown !== undefined) refuse(`--only takes ${[...faultKinds.keys()].join(', ')}; got ${unknown}`);
const { trace } = values;
const minutes = numberOf('minutes', values.minutes, (value) => value > 0 && value <= 10_000, 'a number of minutes');
const result = await chaos({
  seed: numberOf('seed', values.seed, isSeed, 'a whole number'),
  lengthMs: minutes * 60_000,
  isSoak: values.soak,
  sessions: numberOf('sessions', values.sessions ?? (values.soak ? '20' : '3'), isCount, 'from 1 to 1000'),
  viewersEach: numberOf('viewers', values.viewers ?? (values.soak ? '10' : '6'), isCount, 'from 1 to 1000'),
  only,
  onJudged: (run) => {
    if (trace !== undefined) appendFileSync(trace, `${JSON.stringify(run)}\n`);
  },
  onLine: (line) => void process.stderr.write(`${line}\n`),
});
if (trace !== undefined) appendFileSync(trace, result.log);
process.stdout.write(`${reportOf(result)}\n`);
process.exitCode = result.breaches.length === 0 ? 0 : 1;
