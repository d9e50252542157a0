/** Something that a peer sent cannot be RTMP as this listener speaks it. It ends that peer's connection and no other. */
export class RtmpProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RtmpProtocolError';
  }
}
