const SAMPLE_RATE_HZ = 48_000;
const MAGIC = 'OpusHead';
const MIN_HEAD_BYTES = 19;

/** Is this an identification header (RFC 7845 5.1), as far as its name and length tell? */
export function isOpusHead(bytes: Buffer): boolean {
  return bytes.length >= MIN_HEAD_BYTES && bytes.toString('latin1', 0, MAGIC.length) === MAGIC;
}

/**
 * An identification header (RFC 7845 5.1) for a sender that sends none: channels from the packet's own table of
 * contents (RFC 6716 3.1), no pre-skip, no gain, mapping family 0.
 */
export function opusHeadFor(packet: Buffer): Buffer {
  const stereo = ((packet[0] ?? 0) & 0x04) !== 0;
  const head = Buffer.alloc(MIN_HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head[8] = 1;
  head[9] = stereo ? 2 : 1;
  head.writeUInt32LE(SAMPLE_RATE_HZ, 12);
  return head;
}
