/** What a decoder must be started for: a change of any of it needs a new ffmpeg. */
import type { AudioTag } from '../ports.ts';

/** The wrapping of the audio on ffmpeg's stdin. */
export type Container = 'flv' | 'ogg';

export interface AudioFormat {
  /** Equal keys: one ffmpeg can decode both, one after the other. */
  key: string;
  container: Container;
}

/** Before the first tag: what nearly every publisher sends. */
export const USUAL_FORMAT: AudioFormat = { key: 'aac', container: 'flv' };

/**
 * The format of a tag. AAC may change its configuration within one run (a new sequence header); the other FLV codecs
 * have rate and channels in their first byte (FLV specification 10.1, E.4.2.1).
 */
export function formatOf({ codec, body }: AudioTag): AudioFormat {
  if (codec === 'opus') return { key: 'opus', container: 'ogg' };
  if (codec === 'aac') return USUAL_FORMAT;
  return { key: `${codec}:${body[0] ?? 0}`, container: 'flv' };
}
