/** What one publisher, and all of them together, may cost. Lengths in bytes, times in milliseconds. */
export interface RtmpLimits {
  /** TCP connections in total. One more is closed at accept. */
  maxConnections: number;
  /** Connections that are not publishing. One more is closed at accept. */
  maxUnpublished: number;
  /** Connections of one address that are not publishing. One more is closed at accept. */
  maxUnpublishedPerAddress: number;

  /** From accept to the end of the handshake. Then the connection is closed. */
  handshakeMs: number;
  /** From the handshake, or from the end of a publish, to an accepted `publish`. Then the connection is closed. */
  publishMs: number;
  /** Without a byte while publishing. Then the connection is closed and the publisher counts as lost. */
  idleMs: number;
  /** Between telling a peer why (`onStatus`) and closing its connection. */
  lingerMs: number;

  /** Bytes parsed after the handshake while not publishing. One more closes the connection. */
  maxUnpublishedBytes: number;
  /** Bytes that wait to be written because the peer does not read. One more closes the connection. */
  maxUnsentBytes: number;

  /** Chunk streams of one connection. One more closes it. */
  maxChunkStreams: number;
  /** Announced bytes of all messages that are being collected. One more closes the connection. */
  maxUnfinishedBytes: number;
  /** Chunks with less than `shortChunkBytes` of payload in one second. One more closes the connection. */
  maxShortChunksPerSecond: number;
  /** A chunk below this is short: its header costs more than its bytes. A message's last chunk may well be short. */
  shortChunkBytes: number;

  /** A command or control message (types 1 to 6, 17, 20). Longer closes the connection. */
  maxCommandBytes: number;
  /** An audio message (type 8), collected. Longer closes the connection. */
  maxAudioBytes: number;
  /** An aggregate message (type 22), collected. Longer closes the connection. */
  maxAggregateBytes: number;
  /** A video message (type 9): skipped, never collected. Longer is no video and closes the connection. */
  maxVideoBytes: number;
  /** A data message or one of an unknown type: skipped, never collected. Longer closes the connection. */
  maxDataBytes: number;

  /** Longest wait between two acknowledgements; a peer that asks for a smaller window gets the smaller one. */
  ackWindowBytes: number;
}

/**
 * Limits that every known publisher stays far below: one needs about 4 kB and 5 ms to `publish`, at most 5 chunk
 * streams, and about 110 short chunks a second (the last chunk of each message).
 */
export const defaultRtmpLimits: Readonly<RtmpLimits> = {
  maxConnections: 1000,
  maxUnpublished: 200,
  maxUnpublishedPerAddress: 10,
  handshakeMs: 5000,
  publishMs: 10_000,
  idleMs: 30_000,
  lingerMs: 100,
  maxUnpublishedBytes: 64 * 1024,
  maxUnsentBytes: 64 * 1024,
  maxChunkStreams: 32,
  maxUnfinishedBytes: 1024 * 1024,
  maxShortChunksPerSecond: 20_000,
  shortChunkBytes: 64,
  maxCommandBytes: 64 * 1024,
  maxAudioBytes: 64 * 1024,
  maxAggregateBytes: 512 * 1024,
  maxVideoBytes: 8 * 1024 * 1024,
  maxDataBytes: 256 * 1024,
  ackWindowBytes: 1024 * 1024,
};
