/**
 * The whole way: from the end of a word in the publisher's audio to the caption that shows it, beside the words that the
 * engine gives for the same recording as a file.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavSamples } from '../../runtime/join-wav.ts';
import { startServer } from '../harness.ts';
import { aacTags } from '../support/audio-tags.ts';
import { engineOverFile } from '../support/engine-over-file.ts';
import { clips, writeSpeech } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';
import type { CollectedMessage } from '../support/transcript-collector.ts';
import { wordErrorRate } from '../support/wer.ts';
import { estimateWords, shownWords, wordsOf } from './alignment.ts';
import type { TimedWord } from './alignment.ts';
import { publishPaced } from './paced-publisher.ts';
import type { SentTag } from './paced-publisher.ts';
import { figure, quantile } from './report.ts';
import type { Report } from './report.ts';

const ROUNDS = 2;
const PAUSE_MS = 1_000;

interface Heard {
  text: string;
  words: number[];
  finals: number[];
}

export async function captions(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-bench-'));
  const speech = writeSpeech(folder);
  const tags = aacTags(speech.path, '-ar', '48000');
  const pcm = wavSamples(await readFile(speech.path));
  const rounds: Heard[] = [];
  const server = await startServer({ LOG_LEVEL: 'error' });
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await listen(server, `talk-${round}`, tags));
  await server[Symbol.asyncDispose]();
  const direct = await engineOverFile(pcm);
  await rm(folder, { recursive: true, force: true });
  const words = rounds.flatMap((round) => round.words);
  const finals = rounds.flatMap((round) => round.finals);
  const percent = (text: string): string => `${figure(wordErrorRate(speech.text, text) * 100, 1)} %`;
  const times = (values: number[]): string[] => [0.5, 0.9].map((share) => `${figure(quantile(values, share))} ms`);
  return {
    method:
      `${figure(speech.seconds)} s of recorded speech as AAC over RTMP in real time, ${ROUNDS} rounds, ${words.length} words; ends of words ` +
      'are estimated from the voiced parts of each clip. `npm run bench captions`.',
    head: ['', 'p50', 'p90'],
    rows: [
      ['end of a word → first caption that shows it', ...times(words)],
      ['end of speech → final', ...times(finals)],
      ['word error rate, end to end', rounds.map(({ text }) => percent(text)).join(' '), ''],
      ['word error rate, the engine over the file', percent(direct), ''],
    ],
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

async function listen(server: Server, slug: string, tags: ReturnType<typeof aacTags>): Promise<Heard> {
  using viewer = collect(server.watchUrl(slug, '?after=0'));
  const run = await publishPaced(server.addresses.rtmp.port, slug, tags);
  await run.done;
  await viewer.closed;
  return { text: viewer.text(), ...judge(viewer.messages, run.sent) };
}

function judge(messages: CollectedMessage[], sent: SentTag[]): Pick<Heard, 'words' | 'finals'> {
  const reference = timedWords();
  const spoken = reference.map(({ word }) => word);
  const shownAtMs = new Map<number, number>();
  const finalAtMs = new Map<number, number>();
  let finals = '';
  for (const { type, text = '', atMs } of messages) {
    if (type !== 'transcript_partial' && type !== 'transcript_final') continue;
    const shown = shownWords(spoken, wordsOf(`${finals} ${text}`));
    for (const word of shown) if (!shownAtMs.has(word)) shownAtMs.set(word, atMs);
    if (type !== 'transcript_final') continue;
    finals = `${finals} ${text}`;
    for (const word of shown) if (!finalAtMs.has(word)) finalAtMs.set(word, atMs);
  }
  const lastOfClips = clips.map(
    (_, index) => clips.slice(0, index + 1).flatMap(({ text }) => wordsOf(text)).length - 1,
  );
  const since = (times: Map<number, number>, word: number): number[] => {
    const atMs = times.get(word);
    const endMs = reference[word]?.endMs;
    return atMs === undefined || endMs === undefined ? [] : [atMs - sentAtMs(sent, endMs)];
  };
  return {
    words: spoken.flatMap((_, word) => since(shownAtMs, word)),
    finals: lastOfClips.flatMap((word) => since(finalAtMs, word)),
  };
}

function timedWords(): TimedWord[] {
  let startMs = 0;
  return clips.flatMap(({ pcm, text, durationMs }) => {
    const words = estimateWords(pcm, text, startMs);
    startMs += durationMs + PAUSE_MS;
    return words;
  });
}

/** When the audio at `ms` of the recording had left the publisher. */
function sentAtMs(sent: SentTag[], ms: number): number {
  return (sent.find(({ endSample }) => endSample >= ms * 16) ?? sent.at(-1))?.atMs ?? NaN;
}
