/**
 * Audio messages of one publish, turned into the tags that a decoder is fed with: enhanced RTMP unwrapped, one track
 * chosen, aggregates split, timestamps unwrapped, and left out what a decoder could only choke on.
 */
import type { AudioCodec, AudioTag } from '../ports.ts';
import { splitAggregate } from './aggregate.ts';
import type { OnCount } from './counts.ts';
import { AudioPacket, parseEnhancedAudio } from './enhanced-audio.ts';
import type { EnhancedAudio } from './enhanced-audio.ts';
import { MessageType } from './message-types.ts';
import { isOpusHead, opusHeadFor } from './opus-head.ts';
import { TimestampUnwrapper } from './timestamps.ts';

/** SoundFormat values (FLV specification 10.1, E.4.2.1) that are passed on. */
const codecOfSoundFormat: Readonly<Record<number, AudioCodec>> = {
  0: 'pcm',
  2: 'mp3',
  3: 'pcm',
  7: 'g711-alaw',
  8: 'g711-ulaw',
  10: 'aac',
  11: 'speex',
  14: 'mp3',
};
const SOUND_FORMAT_EX_HEADER = 9;

/** First AUDIODATA byte of AAC (always this) and of MP3 (44.1 kHz, 16 bit, stereo; decoders read the frames instead). */
const AAC_HEADER = 0xaf;
const MP3_HEADER = 0x2f;
const AAC_SEQUENCE_HEADER = 0;
const AAC_RAW = 1;
/** SoundFormat, AACPacketType and an AudioSpecificConfig: ffmpeg copying ADTS sends an empty one before the real one. */
const MIN_AAC_CONFIG_BYTES = 4;

/** Rank of audio that is no multitrack's; before every track id. */
const MAIN = -1;

export class AudioTags {
  readonly #emit: (tag: AudioTag) => void;
  readonly #onCount: OnCount;
  readonly #timestamps = new TimestampUnwrapper();
  /** Newest configuration passed on, by codec. */
  readonly #configs = new Map<AudioCodec, Buffer>();
  /** Lowest rank seen: the main audio, else the lowest track. Others are left out. */
  #rank = Infinity;

  constructor(emit: (tag: AudioTag) => void, onCount: OnCount) {
    this.#emit = emit;
    this.#onCount = onCount;
  }

  /** An audio message (type 8). `body` is given away. */
  audio(body: Buffer, timestamp: number): void {
    const format = (body[0] ?? 0) >> 4;
    // A message without a body marks silence.
    if (body.length < 2) return;
    if (format === SOUND_FORMAT_EX_HEADER) this.#enhanced(body, timestamp);
    else this.#legacy(codecOfSoundFormat[format], body, timestamp);
  }

  /** An aggregate message (type 22). */
  aggregate(body: Buffer, timestamp: number): void {
    for (const tag of splitAggregate(body, timestamp)) {
      // A copy, so that a frame of audio does not keep the pictures beside it.
      if (tag.type === MessageType.audio) this.audio(Buffer.from(tag.body), tag.timestamp);
    }
  }

  #legacy(codec: AudioCodec | undefined, body: Buffer, timestamp: number): void {
    if (codec === undefined) return this.#onCount('audio_unsupported', 1);
    this.#rank = MAIN;
    if (codec === 'aac') this.#aac(body, timestamp);
    else this.#pass({ codec, config: false, body }, timestamp);
  }

  #enhanced(body: Buffer, timestamp: number): void {
    const tracks = parseEnhancedAudio(body);
    const rank = tracks.reduce((lowest, track) => Math.min(lowest, rankOf(track)), this.#rank);
    const track = tracks.find((candidate) => rankOf(candidate) === rank);
    if (track === undefined) return;
    this.#rank = rank;
    if (track.packetType === AudioPacket.sequenceStart) this.#sequenceStart(track, timestamp);
    else if (track.packetType === AudioPacket.codedFrames) this.#codedFrames(track, timestamp);
  }

  #sequenceStart({ fourCc, payload }: EnhancedAudio, timestamp: number): void {
    if (fourCc === 'mp4a') this.#aac(prefixed([AAC_HEADER, AAC_SEQUENCE_HEADER], payload), timestamp);
    else if (fourCc === 'Opus') {
      if (isOpusHead(payload)) this.#config('opus', Buffer.from(payload), timestamp);
    } else if (fourCc !== '.mp3') this.#onCount('audio_unsupported', 1);
  }

  #codedFrames({ fourCc, payload }: EnhancedAudio, timestamp: number): void {
    if (payload.length === 0) return;
    if (fourCc === 'mp4a') this.#aac(prefixed([AAC_HEADER, AAC_RAW], payload), timestamp);
    else if (fourCc === 'Opus') this.#opus(Buffer.from(payload), timestamp);
    else if (fourCc === '.mp3')
      this.#pass({ codec: 'mp3', config: false, body: prefixed([MP3_HEADER], payload) }, timestamp);
    else this.#onCount('audio_unsupported', 1);
  }

  #aac(body: Buffer, timestamp: number): void {
    if (body[1] === AAC_SEQUENCE_HEADER) {
      if (body.length >= MIN_AAC_CONFIG_BYTES) this.#config('aac', body, timestamp);
    } else if (body[1] === AAC_RAW && body.length > 2) {
      if (this.#configs.has('aac')) this.#pass({ codec: 'aac', config: false, body }, timestamp);
      else this.#onCount('audio_without_config', 1);
    }
  }

  #opus(body: Buffer, timestamp: number): void {
    if (!this.#configs.has('opus')) this.#config('opus', opusHeadFor(body), timestamp);
    this.#pass({ codec: 'opus', config: false, body }, timestamp);
  }

  /** Encoders repeat their configuration with every key frame; only a new one is news. */
  #config(codec: AudioCodec, body: Buffer, timestamp: number): void {
    if (this.#configs.get(codec)?.equals(body) === true) return;
    this.#configs.set(codec, body);
    this.#pass({ codec, config: true, body }, timestamp);
  }

  #pass(tag: Omit<AudioTag, 'timestampMs'>, timestamp: number): void {
    this.#emit({ ...tag, timestampMs: this.#timestamps.next(timestamp) });
  }
}

function rankOf(track: EnhancedAudio): number {
  return track.trackId ?? MAIN;
}

function prefixed(header: number[], payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(header), payload]);
}
