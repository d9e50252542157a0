#!/usr/bin/env node
/** The `captiond` program: reads the command, runs it, maps its end to an exit code (`machines/errors.ts`). */
import { exitCodeOf } from '../machines/errors.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { exportLog } from './export.ts';
import { helpText } from './help.ts';
import { serve } from './serve.ts';
import { printToken } from './token.ts';

/** Commands that take no more words. */
const commands: Record<string, () => Promise<number>> = {
  serve: () => serve(process.env),
  demo: () => demo(process.env),
  doctor: () => doctor(process.env),
  '--help': () => print(helpText()),
  '-h': () => print(helpText()),
  help: () => print(helpText()),
};

function print(text: string): Promise<number> {
  process.stdout.write(`${text}\n`);
  return Promise.resolve(0);
}

async function main(): Promise<number> {
  const [name = '--help', ...args] = process.argv.slice(2);
  if (name === 'export') return exportLog(args, process.env);
  if (name === 'token') return printToken(args, process.env);
  const command = commands[name];
  if (command !== undefined && args.length === 0) return command();
  process.stderr.write(
    `captiond: expected one of ${['export', 'token', ...Object.keys(commands)].join(', ')}; got "${[name, ...args].join(' ')}"\n`,
  );
  return exitCodeOf('bad_options');
}

process.exitCode = await main();
