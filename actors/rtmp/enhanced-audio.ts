/** The extended audio header of enhanced RTMP v2 (Veovera, "ExAudioTagHeader" and "ExAudioTagBody"). */

/** AudioPacketType. */
export const AudioPacket = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  multichannelConfig: 4,
  multitrack: 5,
  modEx: 7,
} as const;

/** AvMultitrackType. */
const Multitrack = { oneTrack: 0, manyTracks: 1, manyTracksManyCodecs: 2 } as const;

/** What one message says about one track. */
export interface EnhancedAudio {
  /** One of `AudioPacket`, or a value that is not defined yet. */
  packetType: number;
  /** Four characters, e.g. `mp4a`. */
  fourCc: string;
  /** Undefined when the message is not multitrack. */
  trackId: number | undefined;
  /** View of the message's body. */
  payload: Buffer;
}

/**
 * Reads a message of SoundFormat 9: all of its tracks, in the sender's order. What is cut short is left out; nothing
 * throws, for an encoder's oddity must not end its session.
 */
export function parseEnhancedAudio(body: Buffer): EnhancedAudio[] {
  const start = skipModEx(body);
  if (start === undefined) return [];
  const { packetType, at } = start;
  if (packetType === AudioPacket.multitrack) return parseMultitrack(body, at);
  if (at + 4 > body.length) return [];
  return [{ packetType, fourCc: fourCcAt(body, at), trackId: undefined, payload: body.subarray(at + 4) }];
}

/**
 * Steps over the modifiers in front: size minus 1 in one byte (256 says that the real size minus 1 follows in two), the
 * data, then the modifier's type and the next packet type, four bits each. Their only defined content, nanoseconds, is
 * finer than captions need.
 */
function skipModEx(body: Buffer): { packetType: number; at: number } | undefined {
  let packetType = (body[0] ?? 0) & 0x0f;
  let at = 1;
  while (packetType === AudioPacket.modEx) {
    if (at + 3 > body.length) return undefined;
    const short = body.readUInt8(at) + 1;
    at += short === 256 ? 3 + body.readUInt16BE(at + 1) + 1 : 1 + short;
    const types = body[at];
    if (types === undefined) return undefined;
    packetType = types & 0x0f;
    at += 1;
  }
  return { packetType, at };
}

function parseMultitrack(body: Buffer, start: number): EnhancedAudio[] {
  const types = body[start];
  if (types === undefined) return [];
  const multitrack = types >> 4;
  const packetType = types & 0x0f;
  const sharedFourCc = multitrack !== Multitrack.manyTracksManyCodecs;
  const sized = multitrack !== Multitrack.oneTrack;
  const tracks: EnhancedAudio[] = [];
  let at = start + (sharedFourCc ? 5 : 1);
  const headerBytes = (sharedFourCc ? 0 : 4) + 1 + (sized ? 3 : 0);
  while (at + headerBytes <= body.length) {
    const fourCc = fourCcAt(body, sharedFourCc ? start + 1 : at);
    const trackId = body[sharedFourCc ? at : at + 4] ?? 0;
    at += headerBytes;
    const end = sized ? at + body.readUIntBE(at - 3, 3) : body.length;
    if (end > body.length) break;
    tracks.push({ packetType, fourCc, trackId, payload: body.subarray(at, end) });
    if (!sized) break;
    at = end;
  }
  return tracks;
}

function fourCcAt(body: Buffer, at: number): string {
  return body.toString('latin1', at, at + 4);
}
