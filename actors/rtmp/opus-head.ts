const SAMPLE_RATE_HZ = 48_000;

/**
 * An identification header (RFC 7845 5.1) for a sender that sends none: channels from the packet's own table of
 * contents (RFC 6716 3.1), no pre-skip, no gain, mapping family 0.
 */
export function opusHeadFor(packet: Buffer): Buffer {
  const stereo = ((packet[0] ?? 0) & 0x04) !== 0;
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head[8] = 1;
  head[9] = stereo ? 2 : 1;
  head.writeUInt32LE(SAMPLE_RATE_HZ, 12);
  return head;
}
