import type { LimitName } from '../limit-names.ts';

/** Something that a peer sent cannot be RTMP as this listener speaks it. It ends that peer's connection and no other. */
export class RtmpProtocolError extends Error {
  /** The limit that was exceeded, when it was one. */
  readonly limit: LimitName | undefined;

  constructor(message: string, limit?: LimitName) {
    super(message);
    this.name = 'RtmpProtocolError';
    this.limit = limit;
  }
}
