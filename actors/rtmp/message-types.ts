import type { RtmpLimits } from './limits.ts';

/** RTMP message type ids (Adobe RTMP specification 5.4 and 7.1). */
export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const;

/** What to do with a message of one type. */
export interface MessagePolicy {
  /** A longer message of this type is refused. */
  maxBytes: number;
  /** True: its body is handed on. False: its bytes are counted down and forgotten as they come. */
  collect: boolean;
}

/**
 * The policy for a message type. Only what the listener understands is collected: data messages (`onMetaData`, a VOD
 * track) are hints that are often wrong, video is of no use here, and unknown types must not end a session.
 */
export function policyOf(type: number, limits: RtmpLimits): MessagePolicy {
  switch (type) {
    case MessageType.audio:
      return { maxBytes: limits.maxAudioBytes, collect: true };
    case MessageType.video:
      return { maxBytes: limits.maxVideoBytes, collect: false };
    case MessageType.aggregate:
      return { maxBytes: limits.maxAggregateBytes, collect: true };
    case MessageType.setChunkSize:
    case MessageType.abort:
    case MessageType.acknowledgement:
    case MessageType.userControl:
    case MessageType.windowAckSize:
    case MessageType.setPeerBandwidth:
    case MessageType.commandAmf0:
    case MessageType.commandAmf3:
      return { maxBytes: limits.maxCommandBytes, collect: true };
    default:
      return { maxBytes: limits.maxDataBytes, collect: false };
  }
}
