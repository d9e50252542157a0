/** What server and engine child say to each other over IPC (`serialization: 'advanced'`). Positions are samples of the session's clock. */
import type { LocalModel } from './local-model.ts';

/** From the server. `session` is a number of the server's choice, unique within a run of the child. */
export type ToEngine =
  | { type: 'load'; model: LocalModel }
  | { type: 'open'; session: number }
  /** s16le; `behindSamples` of audio are waiting behind it. */
  | { type: 'audio'; session: number; startSample: number; pcm: Uint8Array; behindSamples: number }
  /** No audio will follow: transcribe what is there, then say `finished`. */
  | { type: 'finish'; session: number }
  | { type: 'close'; session: number }
  /** Leave. */
  | { type: 'shut_down' };

/** Text for [startSample, endSample). */
export interface EngineText {
  session: number;
  /** Counts up; the same for partials and their final. */
  utterance: number;
  text: string;
  startSample: number;
  endSample: number;
}

/** From the child. */
export type FromEngine =
  | { type: 'progress'; step: string; fraction: number }
  | { type: 'ready' }
  /** The model cannot be loaded. */
  | { type: 'failed'; reason: string }
  /** Told every second while nothing hangs, with the memory that the process holds. */
  | { type: 'alive'; rssBytes: number }
  | ({ type: 'partial' } & EngineText)
  /** Without text it takes back what partials have shown. */
  | ({ type: 'final' } & EngineText)
  /** Everything before is silence or has had its final. */
  | { type: 'settled'; session: number; toSample: number }
  /** The child can take more audio: everything before this has been looked at. */
  | { type: 'taken'; session: number; toSample: number }
  | { type: 'finished'; session: number };
