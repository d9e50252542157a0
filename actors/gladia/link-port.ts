/** What the link between audio and Gladia needs, and what it tells. */
import type { ChunkSource, Log, TranscriptSink } from '../ports.ts';

/** An open socket, as the link needs it. */
export interface GladiaConnection {
  send(bytes: Buffer): void;
  /** Bytes that wait in our own socket. */
  bufferedBytes(): number;
}

/** What the link tells the socket's actor. */
export type LinkNews =
  | 'ready'
  /** Gladia has less than it had acknowledged: its count began again, and its clock cannot be followed. */
  | 'unusable'
  /** No audio will follow, and all of it has been sent. */
  | 'drained'
  /** Gladia has said everything. */
  | 'ended';

export interface GladiaLinkOptions {
  slug: string;
  language: string;
  source: ChunkSource;
  sink: TranscriptSink;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}
