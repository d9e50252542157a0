/** An audio-only FLV stream (Adobe FLV specification 10.1, E.2–E.4), as ffmpeg reads it from its stdin. */

/** `FLV`, version 1, audio only (0x04), header of 9 bytes, then PreviousTagSize0. */
export const FLV_HEADER: Buffer = Buffer.from([0x46, 0x4c, 0x56, 1, 0x04, 0, 0, 0, 9, 0, 0, 0, 0]);

const TAG_HEADER_BYTES = 11;
const PREVIOUS_TAG_SIZE_BYTES = 4;
const AUDIO_TAG = 8;

/** One audio tag with its trailing size. `timestampMs` wraps at 2^32. */
export function flvAudioTag(body: Buffer, timestampMs: number): Buffer {
  const tag = Buffer.allocUnsafe(TAG_HEADER_BYTES + body.length + PREVIOUS_TAG_SIZE_BYTES);
  const timestamp = timestampMs >>> 0;
  tag.writeUInt8(AUDIO_TAG, 0);
  tag.writeUIntBE(body.length, 1, 3);
  tag.writeUIntBE(timestamp & 0xffffff, 4, 3);
  tag.writeUInt8(timestamp >>> 24, 7);
  tag.writeUIntBE(0, 8, 3);
  body.copy(tag, TAG_HEADER_BYTES);
  tag.writeUInt32BE(TAG_HEADER_BYTES + body.length, TAG_HEADER_BYTES + body.length);
  return tag;
}
