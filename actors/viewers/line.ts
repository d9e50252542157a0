/** How bytes reach one viewer: a WebSocket, or a response of server-sent events. */
import type { Close } from '../wire/close-codes.ts';
import type { ProtocolVersion } from '../wire/encoded.ts';

/** What a line tells whoever serves its viewer. */
export interface LineListener {
  /** A text message; empty for a binary one. `bytes` as it came. */
  heard(text: string, bytes: number): void;
  /** A ping, or a pong that nobody asked for. */
  chattered(bytes: number): void;
  /** A sign of life. `confirmedBytes`: everything up to there has reached the viewer itself. */
  answered(confirmedBytes: number | undefined): void;
  /** A write failed; the line ends itself. */
  failed(): void;
  /** Told once. */
  closed(): void;
}

export interface ViewerLine {
  readonly protocol: ProtocolVersion;
  /** Can be written to. */
  readonly isOpen: boolean;
  /** Written, and not yet taken by the kernel. */
  readonly waitingBytes: number;
  /** Can its other end confirm what has reached it? */
  readonly confirms: boolean;
  /** Takes the place of the listener before. */
  listener: LineListener | undefined;
  /** Whole frames or events, in order. */
  write(bytes: readonly Buffer[]): void;
  /** The same, in one piece. */
  writeOne(bytes: Buffer): void;
  /** Calls back once the kernel has taken everything that was written, or the line is closed. */
  afterFlush(done: () => void): void;
  /** Asks for a sign of life; with a count, also for the confirmation of so many bytes. */
  ping(countBytes?: number): void;
  /** Says goodbye after what was written; ends by force when that is not answered in time. */
  end(close: Close): void;
  /** Ends at once. */
  terminate(): void;
}
