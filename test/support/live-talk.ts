/**
 * A talk that goes on whether anybody publishes it or not, as a microphone does, and its publisher, who comes and goes.
 *
 * Where a word belongs on the session's clock is known from it: the word's place in the undisturbed decoding of the same
 * tags, counted from the session's first tag, by the clock of whoever sent them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioTag } from '../../actors/ports.ts';
import { MarkDecoder } from '../gladia-simulator/mark-decoder.ts';
import { talkPcm } from '../gladia-simulator/marks.ts';
import { decoded, encode, flvTags } from './audio-tags.ts';
import { publishRtmp } from './rtmp-publisher.ts';
import type { RtmpPublisher } from './rtmp-publisher.ts';
import { writeWavFile } from './wav.ts';

const WORDS_EACH = 3;
const SENTENCE_PAUSE_MS = 500;
const SENTENCE_MS = WORDS_EACH * 400 + SENTENCE_PAUSE_MS;

/** A time at which a stay began: in the talk, and by the clock of the sender. */
interface Begin {
  talkMs: number;
  sentAtMs: number;
}

/** A publisher on the line. */
export interface Stay {
  publisher: RtmpPublisher;
  /** Sends nothing more; the connection stays. */
  stop(): void;
}

export class LiveTalk {
  readonly #header: AudioTag;
  readonly #tags: AudioTag[];
  /** Words of the undisturbed talk with their places, in order. */
  readonly #words: { name: string; startMs: number }[];
  readonly #begins: Begin[] = [];
  #begunAtMs: number | undefined;

  private constructor(tags: AudioTag[], words: { name: string; startMs: number }[]) {
    const [header, ...rest] = tags;
    if (header === undefined) throw new Error('the talk is empty');
    this.#header = header;
    this.#tags = rest;
    this.#words = words;
  }

  /** A talk of at least this length. `folder` takes a file. */
  static async create(folder: string, lengthMs: number): Promise<LiveTalk> {
    await using wav = await writeWavFile(talkPcm(0, Math.ceil(lengthMs / SENTENCE_MS), WORDS_EACH, SENTENCE_PAUSE_MS));
    const flv = encode(wav.path, ['-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-f', 'flv']);
    const file = join(folder, 'talk.flv');
    writeFileSync(file, flv);
    const words = new MarkDecoder().push(decoded(file));
    return new LiveTalk(
      flvTags(flv),
      words.map(({ name, startSample }) => ({ name, startMs: startSample / 16 })),
    );
  }

  /** Publishes what is being said from now on, each tag when it is due, from timestamp 0. */
  async publish(port: number, name: string): Promise<Stay> {
    const publisher = await publishRtmp({ port, name });
    publisher.sendAudio(this.#header.body, 0);
    let next: number | undefined;
    let firstMs = 0;
    const send = (): void => {
      const nowMs = performance.now();
      this.#begunAtMs ??= nowMs;
      const talkMs = nowMs - this.#begunAtMs;
      if (next === undefined) {
        next = this.#tags.findIndex(({ timestampMs }) => timestampMs >= talkMs);
        firstMs = this.#tags[next]?.timestampMs ?? 0;
      }
      for (let tag = this.#tags[next]; tag !== undefined && tag.timestampMs <= talkMs; tag = this.#tags[next]) {
        if (tag.timestampMs === firstMs) this.#begins.push({ talkMs: firstMs, sentAtMs: nowMs });
        publisher.sendAudio(tag.body, tag.timestampMs - firstMs);
        next += 1;
      }
    };
    const timer = setInterval(send, 1);
    send();
    return { publisher, stop: () => clearInterval(timer) };
  }

  /** How far from its place a word is told, in milliseconds; undefined for one that was not heard whole. */
  off(name: string, startMs: number): number | undefined {
    const [first] = this.#begins;
    if (first === undefined) return undefined;
    const offs = this.#words.flatMap((word) => {
      const stay = this.#begins.findLast(({ talkMs }) => talkMs <= word.startMs);
      if (word.name !== name || stay === undefined) return [];
      const truthMs = stay.sentAtMs - first.sentAtMs + (word.startMs - stay.talkMs);
      return [startMs - truthMs];
    });
    return offs.toSorted((one, other) => Math.abs(one) - Math.abs(other))[0];
  }
}
