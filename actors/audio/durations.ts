/** How long the audio of a tag lasts, read from its own headers: no timestamp is trusted for it. */
import { SAMPLE_RATE_HZ } from '../ports.ts';
import type { AudioTag } from '../ports.ts';

/** ISO/IEC 14496-3, table 1.18. */
const AAC_RATES_HZ = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const EXPLICIT_RATE_INDEX = 15;
const ESCAPED_OBJECT_TYPE = 31;
/** FLV's SoundRate (E.4.2.1). */
const FLV_RATES_HZ = [5512.5, 11025, 22050, 44100];
/** MPEG audio: sampling rates of MPEG-1; MPEG-2 has half of them, MPEG-2.5 a quarter. */
const MPEG_RATES_HZ = [44100, 48000, 32000];
/** Frame sizes in ms for the 32 configurations of an Opus packet (RFC 6716 3.1, table 2). */
const OPUS_FRAME_MS = [
  ...[10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60],
  ...[10, 20, 10, 20],
  ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
];
const OPUS_PACKET_MAX_MS = 120;
const SPEEX_FRAME_SECONDS = 0.02;
const G711_RATE_HZ = 8000;
/** AAC without a readable configuration. */
const USUAL_AAC_FRAME_SECONDS = 1024 / 48_000;

/** Duration in seconds of an audio tag's sound; 0 for a configuration. `config` is the newest one of its codec. */
export function tagSeconds({ codec, body, config: isConfig }: AudioTag, config: Buffer | undefined): number {
  if (isConfig) return 0;
  if (codec === 'aac') return config === undefined ? USUAL_AAC_FRAME_SECONDS : aacFrameSeconds(config);
  if (codec === 'opus') return opusPacketSeconds(body);
  if (codec === 'mp3') return mp3Seconds(body);
  if (codec === 'speex') return SPEEX_FRAME_SECONDS;
  const header = body[0] ?? 0;
  if (codec === 'pcm') return (body.length - 1) / pcmBytesPerSecond(header);
  return (body.length - 1) / (G711_RATE_HZ * (1 + (header & 1)));
}

/** The same in samples of the session's clock; a fraction, for sums to stay exact. */
export function tagSamples(tag: AudioTag, config: Buffer | undefined): number {
  return tagSeconds(tag, config) * SAMPLE_RATE_HZ;
}

/**
 * Frame duration by the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) behind the two bytes of FLV's AAC header. The
 * rate is the core's: with SBR both the rate and the samples of a frame double.
 */
function aacFrameSeconds(config: Buffer): number {
  const bits = new BitReader(config, 16);
  if (bits.read(5) === ESCAPED_OBJECT_TYPE) bits.read(6);
  const rateIndex = bits.read(4);
  const rateHz = rateIndex === EXPLICIT_RATE_INDEX ? bits.read(24) : (AAC_RATES_HZ[rateIndex] ?? 0);
  bits.read(4);
  const frameSamples = bits.read(1) === 1 ? 960 : 1024;
  return rateHz > 0 ? frameSamples / rateHz : USUAL_AAC_FRAME_SECONDS;
}

/** RFC 6716 3.1 and 3.2: the configuration times the number of frames, at most 120 ms. */
function opusPacketSeconds(packet: Buffer): number {
  const toc = packet[0] ?? 0;
  const frameMs = OPUS_FRAME_MS[toc >> 3] ?? 20;
  const code = toc & 3;
  const frames = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 0x3f : 2;
  return Math.min(frames * frameMs, OPUS_PACKET_MAX_MS) / 1000;
}

/** All MPEG audio layer III frames of a message (ISO/IEC 11172-3, 2.4.2.3); one usual frame when there is no header. */
function mp3Seconds(body: Buffer): number {
  let seconds = 0;
  let at = 1;
  while (at + 4 <= body.length) {
    const frame = mp3Frame(body.readUInt32BE(at));
    if (frame === undefined) break;
    seconds += frame.seconds;
    at += frame.bytes;
  }
  return seconds === 0 ? 1152 / 44_100 : seconds;
}

const MP3_KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MP3_KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

function mp3Frame(header: number): { seconds: number; bytes: number } | undefined {
  const isSynced = header >>> 21 === 0x7ff;
  const version = (header >>> 19) & 3;
  const baseRateHz = MPEG_RATES_HZ[(header >>> 10) & 3];
  const kbps = (version === 3 ? MP3_KBPS_MPEG1 : MP3_KBPS_MPEG2)[(header >>> 12) & 15];
  if (!isSynced || version === 1 || baseRateHz === undefined || !kbps) return undefined;
  const rateHz = baseRateHz / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 3 ? 1152 : 576;
  const padding = (header >>> 9) & 1;
  return { seconds: samples / rateHz, bytes: Math.floor(((samples / 8) * kbps * 1000) / rateHz) + padding };
}

function pcmBytesPerSecond(header: number): number {
  const rateHz = FLV_RATES_HZ[(header >> 2) & 3] ?? 44_100;
  const bytesPerSample = (header & 2) === 0 ? 1 : 2;
  return rateHz * bytesPerSample * (1 + (header & 1));
}

class BitReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, startBit: number) {
    this.#bytes = bytes;
    this.#at = startBit;
  }

  /** Bits past the end read as 0. */
  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1, this.#at += 1) {
      value = (value << 1) | (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
