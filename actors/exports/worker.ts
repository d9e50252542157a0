/** The thread that writes one transcript and ends: hours of speech take half a second, which the server's loop has not. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RecordMessage } from '../wire/messages.ts';
import { toJson } from './json.ts';
import type { TranscriptRun } from './run.ts';
import { toSrt } from './srt.ts';
import { toTxt } from './txt.ts';
import { toVtt } from './vtt.ts';

const formats = { json: toJson, txt: toTxt, srt: toSrt, vtt: toVtt } as const;
export type TranscriptFormat = keyof typeof formats;

/** A run whose records are still JSON, as they are logged and sent. */
export interface LoggedTranscript extends Omit<TranscriptRun, 'records'> {
  bodies: readonly string[];
}

/** What the thread is to write. */
export interface TranscriptOrder {
  format: TranscriptFormat;
  run: LoggedTranscript;
  /** Code; undefined: what was spoken, whatever it is. */
  language?: string | undefined;
}

function write({ format, run, language }: TranscriptOrder): string {
  const { bodies, ...known } = run;
  const records = bodies.map((body) => JSON.parse(body) as RecordMessage);
  return formats[format]({ ...known, records }, language);
}

parentPort?.postMessage(write(workerData as TranscriptOrder), []);
