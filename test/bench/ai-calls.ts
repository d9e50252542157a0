/** Calls of a language model and their tokens, for one talk before five viewers: without the lease, with it, by the server. */
import { countCalls } from '../support/ai-calls.ts';
import type { Caller } from '../support/ai-calls.ts';
import { figure } from './report.ts';
import type { Report } from './report.ts';

const VIEWERS = 5;
const ROUNDS = 20;

const names: [Caller, string][] = [
  ['alone', 'each viewer for itself, without a lease'],
  ['lease', 'the viewer that holds the lease (`AI_MODE=client`)'],
  ['server', 'the server (`AI_MODE=server`)'],
];

export async function aiCalls(): Promise<Report> {
  const rows: string[][] = [];
  let alone = 0;
  for (const [caller, name] of names) {
    const { calls, tokens } = await countCalls(caller, VIEWERS, ROUNDS);
    alone ||= tokens;
    rows.push([name, figure(calls), figure(calls / ROUNDS), figure(tokens), `${figure((100 * tokens) / alone)} %`]);
  }
  return {
    method:
      `${VIEWERS} viewers, ${ROUNDS} × 3 sentences, an insight due after each three; counted by the endpoint, four characters to a token. ` +
      '`npm run bench ai-calls`.',
    head: ['who calls', 'calls', 'for each insight', 'tokens', 'cost'],
    rows,
  };
}
