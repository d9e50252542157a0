/** A real ffmpeg that says the talk from a sentence on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ffmpegPath } from '../support/audio-tags.ts';
import { SENTENCE_MS, SENTENCES } from './talk.ts';

/** From the request to end until it is killed: it may hang on a connection that does. */
const END_MS = 3_000;

export interface TalkPublisher {
  exited: Promise<void>;
  readonly isRunning: boolean;
  /** Goodbye, in order, if the connection lets it. */
  end(): void;
  /** Without a word. */
  kill(): void;
}

export function publishTalk(wav: string, url: string, sentence: number): TalkPublisher {
  const from = String(((sentence % SENTENCES) * SENTENCE_MS) / 1_000);
  const input = ['-nostdin', '-loglevel', 'error', '-re', '-ss', from, '-i', wav];
  const child = spawn(ffmpegPath, [...input, '-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-f', 'flv', url], {
    stdio: 'ignore',
  });
  let deadline: NodeJS.Timeout | undefined;
  const exited = once(child, 'exit').then(() => clearTimeout(deadline));
  return {
    exited,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    end: () => {
      child.kill('SIGINT');
      deadline ??= setTimeout(() => child.kill('SIGKILL'), END_MS);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
